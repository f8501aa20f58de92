# Test connection
curl -X GET "http://localhost:8000/api/v1/cliniko/test-connection/123" \
  -H "Authorization: Bearer {token}"

# Start sync
curl -X POST "http://localhost:8000/api/v1/cliniko/sync-all/123" \
  -H "Authorization: Bearer {token}"

# Monitor progress
curl -X GET "http://localhost:8000/api/v1/cliniko/sync-logs/123?limit=1" \
  -H "Authorization: Bearer {token}"
