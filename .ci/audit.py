"""Read a report of ``pip-audit --format=json``, and fail if it names a vulnerability.

The path of the report is the argument.

A report that could not be made is no failure: the service that knows the vulnerabilities may be
out of reach. What was not audited is printed.
"""

import json
import sys
from pathlib import Path


def main() -> str | None:
    """Print what was audited; return why the run fails, if it does."""
    text = Path(sys.argv[1]).read_text()
    if not text.strip():
        print("Not audited: pip-audit could not reach its service, see above.")
        return None
    dependencies = json.loads(text)["dependencies"]
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    vulnerable = [each for each in dependencies if each.get("vulns")]
    print(f"Audited {len(dependencies) - len(skipped)} of {len(dependencies)} packages.")
    if skipped:
        print(f"Not audited, since the service does not answer for them: {', '.join(skipped)}.")
    for each in vulnerable:
        ids = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
        print(f"{each['name']} {each['version']}: {ids}")
    return "There are known vulnerabilities." if vulnerable else None


if __name__ == "__main__":
    sys.exit(main())
