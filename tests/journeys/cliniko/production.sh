# Replace with your production URL
API_BASE="https://your-api.routiq.com"

# Full sync test
curl -X POST "$API_BASE/api/v1/cliniko/sync-all/123" \
  -H "Authorization: Bearer {token}" \
  -H "Content-Type: application/json"
