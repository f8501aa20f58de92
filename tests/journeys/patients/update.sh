curl -X PUT http://localhost:8000/api/v1/batch/patients \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -H "Content-Type: application/json" \
  -d '[
    {
      "id": "550e8400-e29b-41d4-a716-446655440000",
      "phone": "+9999999999"
    }
  ]'
