curl -X GET "http://localhost:8000/api/v1/admin/export/orders/?format=csv&status=completed&limit=100" \
  -H "Authorization: Bearer YOUR_TOKEN" \
  -o orders_export.csv
