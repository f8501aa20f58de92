import requests
import time

# Submit batch
response = requests.post(
    'http://localhost:8000/api/v1/admin/async/submit/',
    json={
        'operation_type': 'order_update',
        'operations': [
            {'resource_id': i, 'data': {'status': 'completed'}}
            for i in range(1, 101)
        ],
        'notify_on_completion': True
    },
    headers={'Authorization': 'Bearer YOUR_TOKEN'}
)

batch_id = response.json()['batch_id']
print(f"Batch {batch_id} submitted")

# Poll for status
while True:
    status_response = requests.get(
        f'http://localhost:8000/api/v1/admin/async/status/{batch_id}/',
        headers={'Authorization': 'Bearer YOUR_TOKEN'}
    )
    
    status_data = status_response.json()
    progress = status_data['progress']
    
    print(f"Progress: {progress['percentage']}% ({progress['completed']}/{progress['total']})")
    
    if status_data['status'] in ['completed', 'failed', 'partial']:
        print(f"Batch completed with {progress['success_rate']}% success rate")
        break
    
    time.sleep(2)
