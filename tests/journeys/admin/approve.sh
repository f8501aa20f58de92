curl -X POST http://localhost:8000/api/v1/admin/bulk/professionals/approve/ \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -d '{
    "user_ids": [2, 3, 4, 5, 6],
    "is_verified": true,
    "is_premium": false
  }'
