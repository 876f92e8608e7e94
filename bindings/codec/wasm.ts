/**
 * The WASM engine: the JavaScript side of `core/`, strings in, one call, strings out.
 *
 * A header goes in as a whole with `encodeInto` into one fixed view: of all ways to hand a string to
 * WebAssembly the cheapest that is right on every runtime (62 ns for 64 characters on Node 24; a
 * `charCodeAt` loop 206). If it reads the whole string and writes as many bytes, the string is ASCII,
 * which is what makes the offsets that come back valid in the string.
 *
 * @module
 */
import { asciiReader } from './ascii.ts'
import {
  checkMessage,
  checkTokenText,
  formatOf,
  MAC_SIZE,
  macBit,
  MAX_COOKIE_SIZE,
  MAX_HEADER_SIZE,
  MAX_VALUE_SIZE,
  NONCE_POOL,
  NONCE_SIZE,
  PREFIX_SIZE,
  requireKeys,
  SEAL_SIZE,
  type Engine,
  type OpenedToken,
  type Rejection,
  type RingKey,
  type RingOptions,
  type TokenRing,
} from './engine.ts'
import { hostDecoder, hostEncoder, type Base64urlHost } from './host-base64url.ts'
import { cookiesNamed, listCookies as listCookiesPortable } from './portable/cookie.ts'

/** The ABI of `core/index.ts`. */
interface CoreExports {
  readonly memory: WebAssembly.Memory
  readonly CAPACITY: WebAssembly.Global
  readonly INPUT: WebAssembly.Global
  readonly KEY_CAPACITY: WebAssembly.Global
  readonly MIDSTATES: WebAssembly.Global
  readonly NAME_CAPACITY: WebAssembly.Global
  readonly NONCES: WebAssembly.Global
  readonly OUTPUT: WebAssembly.Global
  readonly RING: WebAssembly.Global
  sha256_begin(): void
  sha256_update(len: number): void
  sha256_end(len: number): void
  sha256_text(len: number): void
  hmac_key(len: number): void
  hmac_begin(): void
  hmac_end(len: number): void
  blake3_begin(): void
  blake3_update(len: number): void
  blake3_end(len: number): void
  base64url_encode(len: number): number
  base64url_decode(len: number): number
  cookie_list(len: number): number
  aead_seal(len: number, dataLen: number, nonceLen: number): void
  aead_open(len: number, dataLen: number, nonceLen: number): number
  token_open(headerLen: number): number
  token_sign_text(len: number, format: number): number
  token_sign_payload(len: number, format: number): number
  forget(inputLen: number, outputLen: number): void
  token_seal(len: number, format: number, nonce: number): number
}

/** What `token_open` returns instead of a position, by `-code - 1`. */
const REJECTIONS: readonly Rejection[] = [
  'none',
  'malformed',
  'unknown-key',
  'bad-signature',
  'oversize',
]

// The ring, as core/memory.ts draws it: its head of numbers, the name, two lists of prefixes, the keys.
const RING_HEAD = 32
const RING_OPENED = 20
const PREFIX_SLOT = 4
const KEY_SIZE = 96
const SEAL_KEY = 64
/** Bytes of the midstates of a key. */
const MIDSTATES_SIZE = 64
/** Bytes of a tag, which follows what is encrypted. */
const TAG_SIZE = 16
/** Where `aead_seal` has the nonce, and the associated data. */
const AEAD_NONCE = 32
const AEAD_DATA = 64
/** Bytes that `base64url_encode` takes at once, a multiple of 3, so that pieces join without padding. */
const ENCODE_CHUNK = 12_288
/**
 * Code units from which the core lists the cookies of a header. One cookie of 87 takes the twin 75 ns
 * and the core 120, twelve of 700 take them 760 and 670.
 */
const MIN_LISTED_HEADER = 400
/** Characters that `base64url_decode` takes at once, a multiple of 4. */
const DECODE_CHUNK = 16_384
/**
 * Characters from which `Uint8Array.fromBase64` decodes, where it is. 4,000 take it 490 ns on Node 26 and
 * 230 on Bun, and the core 880 and 680; for 400 both take 250 on Node 26, for fewer the core is ahead.
 */
const MIN_HOST_TEXT = 512

/**
 * Instantiates the core.
 *
 * @throws WebAssembly.LinkError, WebAssembly.CompileError or the host's own error where WebAssembly
 * may not run; `select.ts` then takes the portable engine.
 */
export function createWasmEngine(
  module: WebAssembly.Module,
  host: Base64urlHost = globalThis as Base64urlHost
): Engine {
  const core = new WebAssembly.Instance(module, {}).exports as unknown as CoreExports
  const capacity = core.CAPACITY.value as number
  const keyCapacity = core.KEY_CAPACITY.value as number
  const nameCapacity = core.NAME_CAPACITY.value as number
  const memory = core.memory.buffer
  const inputStart = core.INPUT.value as number
  const input = new Uint8Array(memory, inputStart, capacity)
  /** Where the core wants the text of a token: behind the place for its prefix. */
  const textInput = input.subarray(PREFIX_SIZE)
  /** Where the core wants a payload that it will seal: behind the place for the nonce. */
  const sealInput = input.subarray(NONCE_SIZE)
  const outputStart = core.OUTPUT.value as number
  const output = new Uint8Array(memory, outputStart, capacity)
  const offsets = new Uint16Array(memory, core.OUTPUT.value, capacity / 2)
  const midstates = new Uint8Array(memory, core.MIDSTATES.value, MIDSTATES_SIZE)
  const nonces = new Uint8Array(memory, core.NONCES.value, NONCE_POOL * NONCE_SIZE)
  const signPrefixes = RING_HEAD + nameCapacity
  const sealPrefixes = signPrefixes + keyCapacity * PREFIX_SLOT
  const ringKeys = sealPrefixes + keyCapacity * PREFIX_SLOT
  const loadedRing = new Uint8Array(memory, core.RING.value, ringKeys + keyCapacity * KEY_SIZE)

  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // A fresh view costs 50 to 60 ns a call; there are at most as many as there are lengths.
  const outputViews: Uint8Array[] = []
  const outputView = (len: number): Uint8Array => (outputViews[len] ??= output.subarray(0, len))
  const outputText = (len: number): string => decoder.decode(outputView(len))

  const readAscii = asciiReader(memory)
  const outputAscii = (len: number): string => readAscii(outputStart, outputStart + len)

  /**
   * Writes an ASCII string to INPUT; `false` if it is anything else. As many bytes as code units is
   * not enough: of a longer text the buffer may hold just that many.
   */
  const writeAscii = (text: string): boolean => {
    const { read, written } = encoder.encodeInto(text, input)
    if (read === text.length && written === text.length) return true
    core.forget(written, 0)
    return false
  }

  /** Feeds a message, all but the last bytes with `update`; nothing of it stays in INPUT. */
  const feed = (
    message: Uint8Array,
    update: (len: number) => void,
    end: (len: number) => void
  ): Uint8Array => {
    let offset = 0
    for (; message.length - offset > capacity; offset += capacity) {
      input.set(message.subarray(offset, offset + capacity))
      update(capacity)
    }
    input.set(offset === 0 ? message : message.subarray(offset))
    end(message.length - offset)
    const digest = output.slice(0, 32)
    core.forget(Math.min(message.length, capacity), 32)
    return digest
  }

  const sha256 = (message: Uint8Array): Uint8Array => {
    core.sha256_begin()
    return feed(message, core.sha256_update, core.sha256_end)
  }

  const sha256Text = (text: string): string => {
    if (text.length > capacity || !writeAscii(text)) {
      return encodeBase64url(sha256(encoder.encode(text)))
    }
    core.sha256_text(text.length)
    const digest = outputAscii(MAC_SIZE)
    core.forget(text.length, MAC_SIZE)
    return digest
  }

  const prepareKey = (key: Uint8Array): void => {
    const short = key.length > capacity ? sha256(key) : key
    input.set(short)
    core.hmac_key(short.length)
  }

  const hmacSha256 = (key: Uint8Array, message: Uint8Array): Uint8Array => {
    prepareKey(key)
    core.hmac_begin()
    return feed(message, core.sha256_update, core.hmac_end)
  }

  const keyedBlake3 = (key: Uint8Array, message: Uint8Array): Uint8Array => {
    input.set(key)
    core.blake3_begin()
    return feed(message, core.blake3_update, core.blake3_end)
  }

  /** Fills INPUT for the two functions below; gives where the message begins. */
  const layMessage = (
    key: Uint8Array,
    nonce: Uint8Array,
    message: Uint8Array,
    data: Uint8Array
  ): number => {
    const start = AEAD_DATA + Math.ceil(data.length / 16) * 16
    input.set(key)
    input.set(nonce, AEAD_NONCE)
    input.set(data, AEAD_DATA)
    input.set(message, start)
    return start
  }

  const encrypt: Engine['encrypt'] = (key, nonce, message, data) => {
    checkMessage(key, nonce, message, data)
    const start = layMessage(key, nonce, message, data)
    core.aead_seal(message.length, data.length, nonce.length)
    const end = start + message.length + TAG_SIZE
    const sealed = input.slice(start, end)
    core.forget(end, 0)
    return sealed
  }

  const decrypt: Engine['decrypt'] = (key, nonce, sealed, data) => {
    checkMessage(key, nonce, sealed, data)
    const size = sealed.length - TAG_SIZE
    if (size < 0) return null
    const start = layMessage(key, nonce, sealed, data)
    const opened = core.aead_open(size, data.length, nonce.length) === 1
    const message = opened ? output.slice(0, size) : null
    core.forget(start + sealed.length, opened ? size : 0)
    return message
  }

  const encodeChunk = (bytes: Uint8Array): string => {
    input.set(bytes)
    const size = core.base64url_encode(bytes.length)
    const text = outputAscii(size)
    core.forget(bytes.length, size)
    return text
  }

  const encodeBase64url =
    hostEncoder(host) ??
    ((bytes: Uint8Array): string => {
      if (bytes.length <= ENCODE_CHUNK) return encodeChunk(bytes)
      let text = ''
      for (let offset = 0; offset < bytes.length; offset += ENCODE_CHUNK) {
        text += encodeChunk(bytes.subarray(offset, offset + ENCODE_CHUNK))
      }
      return text
    })

  /** The bytes of at most {@link DECODE_CHUNK} characters. */
  const decodeChunk = (text: string): Uint8Array | null => {
    if (!writeAscii(text)) return null
    const size = core.base64url_decode(text.length)
    // Copied by the constructor: with `slice`, 32 bytes take 71 ns instead of 57.
    const bytes = size < 0 ? null : new Uint8Array(outputView(size))
    core.forget(text.length, (text.length * 3) >> 2)
    return bytes
  }

  const decodeLong = hostDecoder(host)

  const decodeBase64url = (text: string): Uint8Array | null => {
    if (decodeLong !== undefined && text.length >= MIN_HOST_TEXT) return decodeLong(text)
    if (text.length <= DECODE_CHUNK) return decodeChunk(text)
    if (text.length % 4 === 1) return null
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
    let written = 0
    for (let offset = 0; offset < text.length; offset += DECODE_CHUNK) {
      // Spare bits can only be in the text's last group: the chunks before it are whole groups.
      const chunk = decodeChunk(text.slice(offset, offset + DECODE_CHUNK))
      if (chunk === null) return null
      bytes.set(chunk, written)
      written += chunk.length
    }
    return bytes
  }

  const listCookies = (header: string): string[] => {
    const inCore = header.length >= MIN_LISTED_HEADER && header.length <= capacity
    const count = inCore && writeAscii(header) ? core.cookie_list(header.length) : -1
    // Short, longer than the buffer, not ASCII, or more pairs than the core lists: the twin does those.
    if (count < 0) return listCookiesPortable(header)
    const pairs: string[] = []
    for (let i = 0; i < 4 * count; i += 2) pairs.push(header.slice(offsets[i], offsets[i + 1]))
    core.forget(0, 8 * count)
    return pairs
  }

  /** The bytes of a ring as the core wants them. */
  const ringImage = (
    cookieName: string,
    keys: readonly RingKey[],
    { mac = 'hmac-sha256', seal = [], limit = MAX_COOKIE_SIZE }: RingOptions
  ): Uint8Array => {
    const image = new Uint8Array(ringKeys + Math.max(keys.length, seal.length) * KEY_SIZE)
    const head = [cookieName.length, limit, macBit(mac), keys.length, seal.length]
    new Uint32Array(image.buffer).set(head)
    encoder.encodeInto(cookieName, image.subarray(RING_HEAD, signPrefixes))
    keys.forEach(({ key, fingerprint }, index) => {
      encoder.encodeInto(`\0${fingerprint}`, image.subarray(signPrefixes + index * PREFIX_SLOT))
      if (mac === 'hmac-sha256') prepareKey(key)
      image.set(mac === 'hmac-sha256' ? midstates : key, ringKeys + index * KEY_SIZE)
    })
    seal.forEach(({ key, fingerprint }, index) => {
      encoder.encodeInto(`\0${fingerprint}`, image.subarray(sealPrefixes + index * PREFIX_SLOT))
      image.set(key, ringKeys + index * KEY_SIZE + SEAL_KEY)
    })
    midstates.fill(0)
    core.forget(0, 0)
    return image
  }

  // The core holds one ring at a time: a process with many cookie names pays one copy of some
  // hundred bytes when it changes from one to another, and one with a single name never does.
  let current: TokenRing | null = null

  let noncesLeft = 0
  /** The number of a nonce that was never used. */
  const nextNonce = (): number => {
    if (noncesLeft === 0) {
      crypto.getRandomValues(nonces)
      noncesLeft = NONCE_POOL
    }
    return --noncesLeft
  }

  const createRing = (
    cookieName: string,
    keys: readonly RingKey[],
    options: RingOptions = {}
  ): TokenRing => {
    const image = ringImage(cookieName, keys, options)
    const bit = macBit(options.mac ?? 'hmac-sha256')
    const { limit = MAX_COOKIE_SIZE, seal = [] } = options
    const load = (): void => {
      if (current === ring) return
      loadedRing.set(image)
      current = ring
    }

    const openAscii = (header: string): OpenedToken | Rejection => {
      load()
      const result = core.token_open(header.length)
      if (result < 0) return REJECTIONS[-result - 1]!
      const start = result >>> 14
      const length = result & 0x3fff
      const format = formatOf(header.charCodeAt(start - PREFIX_SIZE), bit)
      const keyIndex = loadedRing[RING_OPENED]!
      if (format === 'T' || format === 't') {
        return { format, text: header.slice(start, start + length), keyIndex }
      }
      const text = outputText(length)
      core.forget(0, length)
      return { format, text, keyIndex }
    }

    /** For a header that is not ASCII: each cookie of our name by itself. */
    const openOther = (header: string): OpenedToken | Rejection => {
      let reason: Rejection = 'none'
      for (const value of cookiesNamed(header, cookieName)) {
        const single = `${cookieName}=${value}`
        const opened = writeAscii(single) ? openAscii(single) : 'malformed'
        if (typeof opened === 'object') return opened
        if (reason === 'none') reason = opened
      }
      return reason
    }

    /** Writes a payload to a part of INPUT; gives how many bytes it has. */
    const writePayload = (payload: string, target: Uint8Array): number => {
      checkTokenText(payload, limit)
      const { read, written } = encoder.encodeInto(payload, target)
      if (read < payload.length || written > MAX_VALUE_SIZE) {
        core.forget(capacity, 0)
        throw new RangeError(`A payload of over ${MAX_VALUE_SIZE} bytes does not fit a cookie`)
      }
      return written
    }

    /** The token in OUTPUT, made of so many bytes of INPUT. */
    const takeToken = (inputSize: number, size: number): string => {
      const token = outputAscii(size)
      core.forget(inputSize, size)
      return token
    }

    const ring: TokenRing = {
      open(header) {
        if (header.length > MAX_HEADER_SIZE) return 'oversize'
        return writeAscii(header) ? openAscii(header) : openOther(header)
      },
      signText(text, format) {
        requireKeys(keys)
        checkTokenText(text, limit)
        load()
        encoder.encodeInto(text, textInput)
        const size = core.token_sign_text(text.length, format.charCodeAt(0) ^ bit)
        const token = readAscii(inputStart, inputStart + size)
        core.forget(size, 0)
        return token
      },
      signPayload(payload, format) {
        requireKeys(keys)
        const size = writePayload(payload, input)
        load()
        return takeToken(size, core.token_sign_payload(size, format.charCodeAt(0) ^ bit))
      },
      sealPayload(payload, format) {
        requireKeys(seal)
        const nonce = nextNonce()
        const size = writePayload(payload, sealInput)
        load()
        return takeToken(size + SEAL_SIZE, core.token_seal(size, format.charCodeAt(0), nonce))
      },
    }
    return ring
  }

  return {
    name: 'wasm',
    sha256,
    sha256Text,
    hmacSha256,
    keyedBlake3,
    encrypt,
    decrypt,
    encodeBase64url,
    decodeBase64url,
    listCookies,
    createRing,
  }
}
