"""Keys of django-tenant-apikeys whose tenants are users."""
