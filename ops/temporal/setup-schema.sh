#!/bin/sh
# Creates or upgrades both stores of the Temporal server; running it again changes nothing.
# The connection is the tool's own environment: SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

schema=${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

bring_up() {
    database=$1
    versions=$2
    temporal-sql-tool --database "$database" create-database
    temporal-sql-tool --database "$database" setup-schema --version 0.0
    temporal-sql-tool --database "$database" update-schema --schema-dir "$versions"
}

bring_up temporal "$schema/temporal/versioned"
bring_up temporal_visibility "$schema/visibility/versioned"
echo "schema: both stores are current"
