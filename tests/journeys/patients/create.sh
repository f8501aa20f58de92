curl -X POST http://localhost:8000/api/v1/batch/patients \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -H "Content-Type: application/json" \
  -d '[
    {
      "first_name": "John",
      "last_name": "Doe",
      "date_of_birth": "1990-01-01",
      "gender": "male",
      "phone": "+1234567890",
      "email": "john.doe@example.com"
    }
  ]'
