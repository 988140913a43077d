#!/bin/sh
# As the official image of LiteLLM does it: what begins with a dash is LiteLLM's; HAProxy and Valkey are called by name.
case ${1:-} in
  -*) exec litellm "$@" ;;
  *) exec "$@" ;;
esac
