#!/usr/bin/env bash
# Looks at the templates of the stages dev and prod with cfn-lint, AWS's check of CloudFormation templates.
# Anything that it finds, down to advice, fails; .cfnlintrc names what is left out, and why. cfn-lint is brought
# into .tools/cfn-lint (152 MB), once for each version of requirements.txt. It needs Python 3.11 with pip.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
linter=$PWD/.tools/cfn-lint

if ! cmp -s "$here/requirements.txt" "$linter/complete"; then
  if ! python3 -m pip --version >/dev/null; then
    echo 'pip is missing: cfn-lint needs Python 3.11 with pip (Debian: apt-get install python3-pip)' >&2
    exit 1
  fi
  rm -rf "$linter"
  # Into a folder: Debian's Python takes no packages beside its own.
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --only-binary :all: --requirement "$here/requirements.txt" --target "$linter"
  # Written last, so that an installation that was interrupted is repeated.
  cp "$here/requirements.txt" "$linter/complete"
fi

templates=$(mktemp -d)
trap 'rm -rf "$templates"' EXIT
npx cdk synth --quiet --output "$templates/dev" --context stage=dev
# With an address, since the topic of the alarms and its key are made for one only.
npx cdk synth --quiet --output "$templates/prod" --context stage=prod \
  --context settings='{"alarmEmail":"operators@example.com"}'
PYTHONPATH=$linter python3 "$linter/bin/cfn-lint" --template "$templates"/*/[Bb]ulkhead-*.template.json
