# evql and nothing else: a static program in an empty image.
#
#   docker build -t evql .
#   docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD:/case" evql scan evidence/ -o alerts.jsonl
#
# Files are written as the user of the image, 65532, or as the one of `--user "$(id -u):$(id -g)"`.
FROM rust:1-alpine AS build
# mimalloc is compiled from C.
RUN apk add --no-cache musl-dev gcc make
WORKDIR /evql
COPY . .
RUN cargo build --release --locked && mkdir -p /empty

FROM scratch
COPY --from=build /evql/target/release/evql /evql
COPY --from=build /evql/LICENSE-APACHE /evql/LICENSE-MIT /licences/
# Temporary files go here, unless --temp-folder names another place; --tmpfs or a volume gives it room.
COPY --from=build --chown=65532:65532 /empty /tmp
WORKDIR /case
USER 65532:65532
ENTRYPOINT ["/evql"]
