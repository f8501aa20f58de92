const BASE_URL = 'http://localhost:8000/api/v1';
const TOKEN = 'your-jwt-token';

const headers = {
  Authorization: `Bearer ${TOKEN}`,
  'Content-Type': 'application/json',
};

// Create multiple patients
const patients = [
  {
    first_name: 'John',
    last_name: 'Doe',
    date_of_birth: '1990-01-01',
    gender: 'male',
    phone: '+1234567890',
    email: 'john.doe@example.com',
  },
  {
    first_name: 'Jane',
    last_name: 'Smith',
    date_of_birth: '1985-05-15',
    gender: 'female',
    phone: '+1234567891',
    email: 'jane.smith@example.com',
  },
];

const response = await fetch(`${BASE_URL}/batch/patients`, {
  method: 'POST',
  headers,
  body: JSON.stringify(patients),
});

if (response.ok) {
  const result = await response.json();
  console.log(`Created ${result.created} patients`);
  result.patients.forEach((patient) => {
    console.log(`  - ${patient.first_name} ${patient.last_name} (ID: ${patient.id})`);
  });
} else {
  const error = await response.json();
  console.error(`Error: ${response.status} - ${error.detail}`);
}
