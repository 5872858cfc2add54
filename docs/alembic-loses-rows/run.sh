#!/usr/bin/env bash
# The same schema, rows and change, by Alembic and by Tenon: how many rows are left.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

rows() { # database: "AUTHORS BOOKS"
    sqlite3 "$1" "SELECT (SELECT count(*) FROM authors) || ' ' || (SELECT count(*) FROM books)"
}

report() { # who, exit status, rows before, rows after
    read -r authors_before books_before <<<"$3"
    read -r authors_after books_after <<<"$4"
    printf '%-15s upgrade exits with %s; authors %s -> %s, books %s -> %s\n' \
        "$1:" "$2" "$authors_before" "$authors_after" "$books_before" "$books_after"
}

insert="INSERT INTO authors (id, name) VALUES (1, 'Ada'); INSERT INTO books (id, title, author_id) VALUES (1, 'Notes', 1);"

# Alembic
python3 -m venv "$work/python"
"$work/python/bin/pip" --quiet --disable-pip-version-check install alembic==1.20.1
mkdir -p "$work/alembic"
cp -r "$here/alembic/." "$work/alembic/"
cd "$work/alembic"
"$work/python/bin/alembic" --quiet upgrade a1 2>/dev/null
sqlite3 alembic.db "$insert"
before="$(rows alembic.db)"
status=0
"$work/python/bin/alembic" --quiet upgrade b2 2>/dev/null || status=$?
report "Alembic 1.20.1" "$status" "$before" "$(rows alembic.db)"

# Tenon
target="${CARGO_TARGET_DIR:-$root/target}"
tenon="${TENON:-}"
for built in "$target/release/tenon" "$target/debug/tenon"; do
    if [ -z "$tenon" ] && [ -x "$built" ]; then tenon="$built"; fi
done
if [ -z "$tenon" ]; then
    echo "there is no tenon: run \`cargo xtask build\` first, or set TENON" >&2
    exit 1
fi
mkdir -p "$work/tenon/plugins"
(cd "$root/examples/authors" && cargo build --quiet --release --locked --target-dir "$work/target")
cp "$work/target/wasm32-unknown-unknown/release/authors.wasm" "$work/tenon/plugins/"
cd "$work/tenon"
"$tenon" --quiet upgrade authors@a1a1a1a1a1a1
sqlite3 tenon.db "$insert"
before="$(rows tenon.db)"
status=0
"$tenon" --quiet upgrade head || status=$?
report "Tenon" "$status" "$before" "$(rows tenon.db)"
