from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stack_apikeys", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name=model,
            index=models.Index(fields=[field], name=f"{model}_{name}"),
        )
        for model in ("teamapikey", "userapikey")
        for field, name in (
            ("last_four", "last_four"),
            ("expires_at", "expires"),
            ("manually_revoked_at", "revoked"),
        )
    ]
