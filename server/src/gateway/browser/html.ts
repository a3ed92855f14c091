import { Transform, type TransformCallback } from 'node:stream'
import { RewritingStream } from 'parse5-html-rewriting-stream'
import { Refusal } from '../../errors.ts'
import type { MapAddress } from '../map-address.ts'

export type Rewrite = {
  map: MapAddress
  /** Addresses that begin with a slash must be mapped, too: the product is below a path of its host. */
  hasBase: boolean
  /** Of the answer's Content-Type, in lower case. */
  charset: string | undefined
}

type Attribute = { name: string; prefix?: string; value: string }
type Located = { startOffset: number; endOffset: number }
type Tag = {
  tagName: string
  attrs: Attribute[]
  sourceCodeLocation?: (Located & { attrs?: Record<string, Located> }) | null
}

/** Attributes that hold one address. */
const addresses = new Set(['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'data', 'background'])
/** Attributes that hold several, with how wide or dense each is. */
const sets = new Set(['srcset', 'imagesrcset'])

/** No token of a document is longer: one that never ends would be kept in memory whole. */
const tokenMaximum = 4_000_000

/** After so much, what is kept is looked at. */
const pieceCharacters = 16_384

/** Elements of SVG or MathML, one in the other. Browsers themselves build none so deep. */
const nestedMaximum = 1_000

/** Characters that HTML passes over at both ends of an address and within it. */
const trim = (text: string): string => {
  let [from, to] = [0, text.length]
  while (from < to && text.charCodeAt(from) <= 0x20) from++
  while (from < to && text.charCodeAt(to - 1) <= 0x20) to--
  return text.slice(from, to).replace(/[\t\n\r]/g, '')
}

const withoutCommas = (text: string): string => {
  let to = text.length
  while (text[to - 1] === ',') to--
  return text.slice(0, to)
}

const escapeAttribute = (text: string): string => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;')

/** What stands before the address of a refresh. Nothing has to follow it, so it is read in one go. */
const beforeAddress = /^\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?/i
/** One of the addresses of a set, and what stands before it: the commas at its end are not its own. */
const candidate = /([\s,]*)([^\s,]\S*)?/y
/** How wide or dense it is. */
const size = /[^,]*/y

/** The Content-Security-Policy of a page's own would be one more beside ours, and would not know its new origin. */
const isPolicy = ({ tagName, attrs }: Tag): boolean =>
  tagName === 'meta' && attrs.some(({ name, value }) => name === 'http-equiv' && /^content-security-policy$/i.test(trim(value)))

const isRefresh = ({ tagName, attrs }: Tag): boolean =>
  tagName === 'meta' && attrs.some(({ name, value }) => name === 'http-equiv' && /^refresh$/i.test(trim(value)))

/** Rewrites the tags of a document, and passes on everything else as it came. Texts hold a byte of the document in each character. */
class Rewriter extends RewritingStream {
  readonly #rewrite: Rewrite
  readonly #decode: (text: string) => string
  #out = ''

  constructor(rewrite: Rewrite) {
    super()
    this.#rewrite = rewrite
    const decoder = new TextDecoder(rewrite.charset)
    this.#decode = (text) => (/^[\0-\x7f]*$/.test(text) || /[^\0-\xff]/.test(text) ? text : decoder.decode(Buffer.from(text, 'latin1')))
    this.on('startTag', (tag: Tag, raw: string) => this.#emitTag(tag, raw))
  }

  override push(text: string | null): boolean {
    if (text !== null) this.#out += text
    return true
  }

  /** How many elements of SVG or MathML stand in each other; the parser keeps each of them. */
  get #nested(): number {
    return (Reflect.get(this.parserFeedbackSimulator, 'namespaceStack') as unknown[]).length
  }

  /** Takes more of the document, and returns what of it is done. */
  feed(text: string, isLast: boolean): string {
    for (let at = 0; at < text.length; at += pieceCharacters) {
      this.tokenizer.write(text.slice(at, at + pieceCharacters), false)
      // A text without a space or a tag would be kept to its end.
      this.tokenizer.flushCurrentCharacterToken()
      this.#requireBounds()
    }
    if (isLast) this.tokenizer.write('', true)
    const out = this.#out
    this.#out = ''
    return out
  }

  #requireBounds(): void {
    if (this.tokenizer.preprocessor.html.length > tokenMaximum)
      throw new Refusal('upstream_refused', { detail: 'Its page has a tag or a comment without an end.' })
    if (this.#nested > nestedMaximum) throw new Refusal('upstream_refused', { detail: 'Its page has too many elements in each other.' })
  }

  #emitTag(tag: Tag, raw: string): void {
    if (isPolicy(tag)) return
    const { sourceCodeLocation: at } = tag
    let out = raw
    // From the end, so that places before it stay where they are.
    for (const attribute of [...tag.attrs].reverse()) {
      const name = attribute.prefix ? `${attribute.prefix}:${attribute.name}` : attribute.name
      const place = at?.attrs?.[name]
      const value = place && this.#valueOf(tag, name, attribute.value)
      if (!at || !place || value === undefined) continue
      const [from, to] = [place.startOffset - at.startOffset, place.endOffset - at.startOffset]
      out = `${out.slice(0, from)}${name}="${escapeAttribute(value)}"${out.slice(to)}`
    }
    this.emitRaw(out)
  }

  /** What an attribute is to hold instead; undefined where it stays. */
  #valueOf(tag: Tag, name: string, value: string): string | undefined {
    if (addresses.has(name)) return this.#mapOne(value)
    if (sets.has(name)) return this.#mapSet(value)
    if (name === 'content' && isRefresh(tag)) return this.#mapRefresh(value)
    // A frame opens no window and leads nowhere but itself.
    if (name === 'target' && /^_(?:blank|top)$/i.test(value)) return '_self'
    return undefined
  }

  #mapOne(value: string): string | undefined {
    const reference = trim(value)
    const isWhole = /^(?:https?:)?[/\\]{2}/i.test(reference)
    if (!isWhole && !(this.#rewrite.hasBase && reference.startsWith('/'))) return undefined
    return this.#rewrite.map(this.#decode(reference))
  }

  #mapSet(value: string): string | undefined {
    let [out, isChanged] = ['', false]
    for (let at = 0; at < value.length; ) {
      candidate.lastIndex = at
      const [before, written = ''] = (candidate.exec(value) as RegExpExecArray).slice(1) as [string, string?]
      const reference = withoutCommas(written)
      size.lastIndex = at + before.length + reference.length
      // A comma right behind an address ends it; else everything up to the next one belongs to it.
      const tail = reference === written ? (size.exec(value)?.[0] ?? '') : ''
      const mapped = this.#mapOne(reference)
      isChanged ||= mapped !== undefined
      out += before + (mapped ?? reference) + tail
      at += before.length + reference.length + tail.length
    }
    return isChanged ? out : undefined
  }

  #mapRefresh(value: string): string | undefined {
    const [before = ''] = beforeAddress.exec(value) ?? []
    const rest = value.slice(before.length)
    const quote = /^['"]/.exec(rest)?.[0]
    const mapped = this.#mapOne(quote === undefined ? rest : (rest.split(quote, 2)[1] ?? ''))
    return mapped === undefined ? undefined : `${before}${mapped}`
  }
}

/** Two bytes a character, or states between characters: what looks like markup in them is none, and what is markup does not look like it. */
const unreadable =
  /^(?:utf-?16(?:le|be)?|ucs-2|unicode|iso-10646-ucs-2|csunicode|unicodef(?:eff|ffe)|utf-?32.*|iso-2022-.*|csiso2022.*|hz-gb-2312)$/

const refuseCharset = (): Refusal => new Refusal('upstream_refused', { detail: 'Its page is in a character set that is not passed on.' })

const charsetOf = (declared: string | undefined): string | undefined => {
  if (declared === undefined) return undefined
  if (unreadable.test(declared)) throw refuseCharset()
  try {
    return new TextDecoder(declared).encoding
  } catch {
    return undefined
  }
}

const hasWideMark = (chunk: Buffer): boolean => (chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff)

/**
 * Addresses of the product in a document become those under which the browser reaches it. The document goes by as it comes, whatever its
 * size; what is kept of it is the tag under way. It is a service to the page, and no wall: that is the policy of its answer.
 */
export const newHtmlRewriter = (rewrite: Rewrite): Transform => {
  const rewriter = new Rewriter({ ...rewrite, charset: charsetOf(rewrite.charset) })
  let isFirst = true
  const take = (text: string, isLast: boolean, done: TransformCallback): void => {
    try {
      const out = rewriter.feed(text, isLast)
      done(null, out === '' ? undefined : Buffer.from(out, 'latin1'))
    } catch (error) {
      done(error as Error)
    }
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (isFirst && hasWideMark(chunk)) return done(refuseCharset())
      isFirst = false
      take(chunk.toString('latin1'), false, done)
    },
    flush: (done) => take('', true, done),
  })
}
