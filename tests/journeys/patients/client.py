import requests

BASE_URL = "http://localhost:8000/api/v1"
TOKEN = "your-jwt-token"

headers = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json"
}

# Create multiple patients
patients = [
    {
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-01",
        "gender": "male",
        "phone": "+1234567890",
        "email": "john.doe@example.com"
    },
    {
        "first_name": "Jane",
        "last_name": "Smith",
        "date_of_birth": "1985-05-15",
        "gender": "female",
        "phone": "+1234567891",
        "email": "jane.smith@example.com"
    }
]

response = requests.post(
    f"{BASE_URL}/batch/patients",
    json=patients,
    headers=headers
)

if response.status_code == 201:
    result = response.json()
    print(f"Created {result['created']} patients")
    for patient in result['patients']:
        print(f"  - {patient['first_name']} {patient['last_name']} (ID: {patient['id']})")
else:
    print(f"Error: {response.status_code} - {response.json()}")
