/** What is no WebSocket, or too much of one. */
export class BadFrame extends Error {
  override name = 'BadFrame'
}

const opcodes = new Set([0, 1, 2, 8, 9, 10])
const close = 8
const headBytesMaximum = 14

/**
 * Follows the frames of one direction as they pass (RFC 6455 section 5.2), and reads nothing of what they carry but why the other side
 * closes. Without extensions there is one way to read them, so what both ends take for a frame is one.
 */
export class Frames {
  readonly #isMasked: boolean
  readonly #bytesMaximum: number
  readonly #head = Buffer.alloc(headBytesMaximum)
  #have = 0
  #left = 0
  #opcode = 0
  #isInMessage = false
  readonly #reason: number[] = []
  /** Nothing follows it. */
  hasClosed = false

  constructor({ isMasked, bytesMaximum }: { isMasked: boolean; bytesMaximum: number }) {
    this.#isMasked = isMasked
    this.#bytesMaximum = bytesMaximum
  }

  /** Between two frames: here one of our own may stand. */
  get isBetween(): boolean {
    return this.#have === 0 && this.#left === 0
  }

  get closeCode(): number | undefined {
    const [high, low] = this.#reason
    return high === undefined || low === undefined ? undefined : high * 256 + low
  }

  /** Throws where it is none, or one that is not allowed. */
  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) at += this.#skip(chunk, at)
      else {
        if (this.hasClosed) throw new BadFrame('It sent more after it had closed.')
        this.#head[this.#have++] = chunk[at++] as number
        if (this.#have >= 2 && this.#have === this.#headBytes) this.#begin()
      }
    }
  }

  get #headBytes(): number {
    const second = this.#head[1] as number
    const length = second & 127
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 128 ? 4 : 0)
  }

  #skip(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#left, chunk.length - at)
    for (let i = 0; this.#opcode === close && i < bytes && this.#reason.length < 2; i++)
      this.#reason.push(this.#unmask(chunk[at + i] as number))
    this.#left -= bytes
    this.#finish()
    return bytes
  }

  #unmask(byte: number): number {
    return this.#isMasked ? byte ^ (this.#head[this.#headBytes - 4 + this.#reason.length] as number) : byte
  }

  #length(): number {
    const length = (this.#head[1] as number) & 127
    if (length === 126) return this.#head.readUInt16BE(2)
    return length === 127 ? this.#head.readUInt32BE(2) * 2 ** 32 + this.#head.readUInt32BE(6) : length
  }

  #begin(): void {
    const first = this.#head[0] as number
    const length = this.#length()
    this.#opcode = first & 15
    if ((first & 0x70) !== 0 || !opcodes.has(this.#opcode)) throw new BadFrame('A frame is of no known kind.')
    if ((((this.#head[1] as number) & 128) !== 0) !== this.#isMasked) throw new BadFrame('A frame is masked as only the other side masks.')
    if (length > this.#bytesMaximum) throw new BadFrame('A frame is too long.')
    this.#followMessage((first & 128) !== 0, length)
    this.#left = length
    this.#finish()
  }

  #followMessage(isLast: boolean, length: number): void {
    if (this.#opcode >= close) {
      if (!isLast || length > 125) throw new BadFrame('A control frame is in pieces, or too long.')
      return
    }
    if ((this.#opcode === 0) !== this.#isInMessage) throw new BadFrame('A piece of a message stands where none may.')
    this.#isInMessage = !isLast
  }

  #finish(): void {
    if (this.#left > 0) return
    this.#have = 0
    if (this.#opcode === close) this.hasClosed = true
  }
}

/** A frame that says goodbye. Towards the product it is masked, as everything from a client is. */
export const closeFrame = (code: number, isMasked: boolean): Buffer => {
  const bytes = Buffer.from([0x80 | close, 2, code >> 8, code & 255])
  return isMasked ? Buffer.concat([Buffer.from([bytes[0] as number, 0x82, 0, 0, 0, 0]), bytes.subarray(2)]) : bytes
}
