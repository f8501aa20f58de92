#!/usr/bin/env bash
# Brings DynamoDB Local, the second engine, into .engines/dynamodb-local (85 files, 51 MB), once for each
# version of pom.xml. Nothing else of this project downloads it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$here/../../.engines/dynamodb-local

if cmp -s "$here/pom.xml" "$target/complete"; then exit 0; fi
# Maven finds Java by PATH or JAVA_HOME, and says so if it finds none.
if ! command -v mvn >/dev/null; then
  echo 'mvn is missing: DynamoDB Local needs Java 17, and Maven (mvn) to be fetched' >&2
  exit 1
fi

rm -rf "$target"
mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$target"
# Written last, so that a fetch that was interrupted is repeated.
cp "$here/pom.xml" "$target/complete"
