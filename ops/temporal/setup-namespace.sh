#!/bin/sh
# Namespace, retention and search attributes; running it again changes nothing.
# The connection is the CLI's own environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the TLS variables.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
# A finished close answers a redelivered stream entry only while it is retained: keep this above the stream's own age.
retention=${NAMESPACE_RETENTION:-14d}
tries=${SETUP_TRIES:-60}

eventually() {
    tried=0
    until "$@"; do
        tried=$((tried + 1))
        if [ "$tried" -ge "$tries" ]; then
            echo "setup: gave up after $tried tries: $*" >&2
            return 1
        fi
        sleep 1
    done
}

search_attribute() {
    # Succeeds when it exists with this type already; another type is an error and stays one.
    eventually temporal operator search-attribute create --namespace "$namespace" --name "$1" --type "$2"
}

eventually temporal operator cluster health
if ! temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
    temporal operator namespace create --namespace "$namespace" --retention "$retention"
fi
# A new namespace takes the server's caches a few seconds to see.
eventually temporal operator namespace update --namespace "$namespace" --retention "$retention"

search_attribute HarvestSymbol Keyword
search_attribute HarvestSide Keyword
search_attribute HarvestAction Keyword
search_attribute HarvestAccount Keyword
search_attribute HarvestOutcome Keyword
search_attribute HarvestR Double
search_attribute HarvestKillScore Double
echo "setup: namespace $namespace keeps closed workflows for $retention"
