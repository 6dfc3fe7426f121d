#!/bin/sh
# curl: the list of models, a chat, a streamed chat, something that the endpoint does not have.
set -eu
post() {
  curl -sS -o /dev/null --fail-with-body "$@"
}
post "$OPENAI_BASE_URL/models" -H "Authorization: Bearer $OPENAI_API_KEY"
for stream in false true; do
  post "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \
    -d "{\"model\":\"$MODEL\",\"stream\":$stream,\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"Hello. CANARY-USER\"}]}"
done
curl -sS -o /dev/null "$OPENAI_BASE_URL/nothing"
