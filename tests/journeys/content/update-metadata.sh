curl -i -s -X POST http://localhost:8000/api/batches/batch-update-metadata \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
  "creator": "creator-address",
  "contentIds": ["content-id-1", "content-id-2"],
  "updates": {
    "title": "New Title",
    "description": "Updated description",
    "contentType": "video"
  }
}'
