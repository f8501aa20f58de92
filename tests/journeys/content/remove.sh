curl -i -s -X POST http://localhost:8000/api/batches/batch-remove \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
  "creator": "creator-address",
  "contentIds": ["content-id-1", "content-id-2"],
  "removalReason": "Outdated content"
}'
