/*
 * The floor: from a Cookie header to a verified value in C, with OpenSSL's SHA-256.
 *
 * Lines on stdin, answers on stdout:
 *
 *   K <cookie name> <key in hex> <fingerprint>    the key; no answer
 *   V <header>                                    verifies: "+<value in hex>", or "-"
 *   C                                             clears the batch; no answer
 *   H <header>                                    adds a header to the batch; no answer
 *   B <count>                                     verifies the batch's headers in turn: ns per call
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAC_SIZE = 43, PREFIX_SIZE = 4, MAX_HEADERS = 64, MAX_COOKIE_SIZE = 4096 };

struct text {
  const char *start;
  size_t size;
};

static struct text name;
static char fingerprint[3];
/* SHA-256 after the inner and after the outer pad of HMAC: a call starts from copies. Deprecated in
 * OpenSSL 3, and the fastest it has: HMAC of 28 bytes takes 115 ns, with SHA256_Final 140, with copied
 * EVP_MD_CTX 295, HMAC_Init_ex again 300, EVP_MAC_init again 440, EVP_MAC_CTX_dup 1250. */
static SHA256_CTX inner, outer;

static char payload[MAX_COOKIE_SIZE];
static struct text headers[MAX_HEADERS];
static size_t header_count;

/* ---- base64url ---- */

/* The sextet of each character at each place of a group, shifted there; the top byte says "none". */
static uint32_t sextets[4][256];

static void fill_sextets(void) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  memset(sextets, 0xff, sizeof sextets);
  for (uint32_t i = 0; i < 64; i++) {
    for (int place = 0; place < 4; place++) {
      sextets[place][(uint8_t)alphabet[i]] = i << (18 - 6 * place);
    }
  }
}

/* Strict: no padding, no spare bits. Returns the number of bytes, or -1. */
static int decode(uint8_t *target, const char *text, size_t size) {
  const uint8_t *source = (const uint8_t *)text;
  uint8_t *out = target;
  uint32_t bad = 0;
  if (size % 4 == 1) return -1;
  for (; size >= 4; size -= 4, source += 4, out += 3) {
    uint32_t bits = sextets[0][source[0]] | sextets[1][source[1]] | sextets[2][source[2]] |
                    sextets[3][source[3]];
    bad |= bits;
    out[0] = bits >> 16;
    out[1] = bits >> 8;
    out[2] = bits;
  }
  if (size > 0) {
    uint32_t bits = sextets[0][source[0]] | sextets[1][source[1]];
    if (size == 3) bits |= sextets[2][source[2]];
    bad |= bits | (bits & (size == 3 ? 0xff : 0xffff)) << 24;
    *out++ = bits >> 16;
    if (size == 3) *out++ = bits >> 8;
  }
  return bad >> 24 ? -1 : (int)(out - target);
}

/* ---- HMAC ---- */

static void prepare_key(const uint8_t *key, size_t size) {
  uint8_t pads[2][SHA256_CBLOCK];
  memset(pads[0], 0x36, SHA256_CBLOCK);
  memset(pads[1], 0x5c, SHA256_CBLOCK);
  for (size_t i = 0; i < size; i++) {
    pads[0][i] ^= key[i];
    pads[1][i] ^= key[i];
  }
  SHA256_Init(&inner);
  SHA256_Update(&inner, pads[0], SHA256_CBLOCK);
  SHA256_Init(&outer);
  SHA256_Update(&outer, pads[1], SHA256_CBLOCK);
}

/* Ends a hash that began with a pad: the last blocks are laid out here, which SHA256_Final does
 * slower. */
static void finish(uint8_t digest[SHA256_DIGEST_LENGTH], SHA256_CTX context, const void *text,
                   size_t size) {
  size_t whole = size & ~(size_t)(SHA256_CBLOCK - 1), left = size - whole;
  if (whole > 0) SHA256_Update(&context, text, whole);

  uint8_t tail[2 * SHA256_CBLOCK] = {0};
  size_t tail_size = left < SHA256_CBLOCK - 8 ? SHA256_CBLOCK : 2 * SHA256_CBLOCK;
  memcpy(tail, (const uint8_t *)text + whole, left);
  tail[left] = 0x80;
  uint64_t bits = htobe64((SHA256_CBLOCK + size) * 8);
  memcpy(tail + tail_size - sizeof bits, &bits, sizeof bits);
  for (size_t at = 0; at < tail_size; at += SHA256_CBLOCK) SHA256_Transform(&context, tail + at);

  for (int i = 0; i < 8; i++) {
    uint32_t word = htobe32(context.h[i]);
    memcpy(digest + 4 * i, &word, sizeof word);
  }
}

static void authenticate(uint8_t mac[SHA256_DIGEST_LENGTH], const char *text, size_t size) {
  finish(mac, inner, text, size);
  finish(mac, outer, mac, SHA256_DIGEST_LENGTH);
}

/* ---- cookies ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Finds the next cookie of the name between `from` and `end`; sets `value`. */
static bool find_cookie(const char *header, const char *from, const char *end, struct text *value) {
  const char *place;
  for (; (place = memmem(from, end - from, name.start, name.size)); from = place + 1) {
    const char *before = place;
    while (before > header && is_blank(before[-1])) before--;
    if (before > header && before[-1] != ';') continue;
    const char *equals = place + name.size;
    while (equals < end && is_blank(*equals)) equals++;
    if (equals == end || *equals != '=') continue;

    const char *start = equals + 1;
    const char *stop = memchr(start, ';', end - start);
    if (!stop) stop = end;
    while (start < stop && is_blank(*start)) start++;
    while (stop > start && is_blank(stop[-1])) stop--;
    *value = (struct text){start, stop - start};
    return true;
  }
  return false;
}

/* The value of a token; false if it is not right. */
static bool open_token(struct text token, struct text *value) {
  if (name.size + token.size > MAX_COOKIE_SIZE) return false;
  if (token.size < PREFIX_SIZE + 1 + MAC_SIZE) return false;
  size_t dot = token.size - MAC_SIZE - 1;
  char format = token.start[0] | 0x20;
  if (token.start[dot] != '.' || (format != 't' && format != 'p')) return false;
  if (memcmp(token.start + 1, fingerprint, sizeof fingerprint) != 0) return false;

  uint8_t given[SHA256_DIGEST_LENGTH], right[SHA256_DIGEST_LENGTH];
  if (decode(given, token.start + dot + 1, MAC_SIZE) < 0) return false;
  authenticate(right, token.start, dot);
  if (CRYPTO_memcmp(given, right, sizeof right) != 0) return false;

  *value = (struct text){token.start + PREFIX_SIZE, dot - PREFIX_SIZE};
  if (format == 't') return true;
  int size = decode((uint8_t *)payload, value->start, value->size);
  *value = (struct text){payload, size};
  return size >= 0;
}

/* The first cookie that verifies, of at most four. */
static bool verify(struct text header, struct text *value) {
  const char *from = header.start, *end = header.start + header.size;
  struct text token;
  for (int seen = 0; seen < 4 && find_cookie(header.start, from, end, &token); seen++) {
    if (open_token(token, value)) return true;
    from = token.start + token.size;
  }
  return false;
}

/* ---- commands ---- */

static double run_batch(long count) {
  struct timespec start, stop;
  struct text value;
  long verified = 0;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < count; i++) verified += verify(headers[i & (header_count - 1)], &value);
  clock_gettime(CLOCK_MONOTONIC, &stop);
  if (verified != count) abort();
  return ((stop.tv_sec - start.tv_sec) * 1e9 + (stop.tv_nsec - start.tv_nsec)) / count;
}

static void set_key(char *line) {
  char *key = strchr(line, ' ') + 1;
  char *last = strchr(key, ' ') + 1;
  name.size = key - 1 - line;
  name.start = strndup(line, name.size);
  memcpy(fingerprint, last, sizeof fingerprint);
  uint8_t bytes[SHA256_CBLOCK];
  size_t size = (last - 1 - key) / 2;
  for (size_t i = 0; i < size; i++) sscanf(key + 2 * i, "%2hhx", &bytes[i]);
  prepare_key(bytes, size);
}

static void print_value(struct text header) {
  struct text value;
  bool right = verify(header, &value);
  putchar(right ? '+' : '-');
  for (size_t i = 0; right && i < value.size; i++) printf("%02x", (uint8_t)value.start[i]);
  putchar('\n');
}

int main(void) {
  char *line = NULL;
  size_t capacity = 0;
  ssize_t size;
  fill_sextets();
  while ((size = getline(&line, &capacity, stdin)) > 1) {
    struct text rest = {line + 2, size < 3 ? 0 : size - 3};
    if (line[0] == 'C') header_count = 0;
    if (line[0] == 'K') set_key(line + 2);
    if (line[0] == 'V') print_value(rest);
    if (line[0] == 'H' && header_count < MAX_HEADERS) {
      headers[header_count++] = (struct text){memcpy(malloc(rest.size), rest.start, rest.size), rest.size};
    }
    if (line[0] == 'B') printf("%f\n", run_batch(atol(line + 2)));
    fflush(stdout);
  }
}
