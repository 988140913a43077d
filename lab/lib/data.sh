# shellcheck shell=bash
# data.sh: data that tests and benches share, made once.

# embeddings_file [COUNT]: the path of a file of COUNT (100,000) sentences with their real embeddings, for
#   COPY … FROM … (FORMAT binary)   into   (id int, subject text, sentence text, embedding vector(384)).
# The machines see it in /usr/local/share/lab-images, under the same name.
embeddings_file() {
  local count=${1:-100000}
  cached "embeddings$count.copy" "$(cache_key "$LAB"/data/embeddings/*.*)" embeddings_build "$count"
}
embeddings_build() { "$LAB/data/embeddings/build.sh" "$2" "$3" "$1"; }
