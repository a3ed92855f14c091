import { isOverride } from '@countersign/contract/method-override.ts'
import { decodeWhole } from '@countersign/contract/secrets.ts'
import { Refusal } from '../errors.ts'

/** Looks at the pieces of a body as they pass, and throws where it finds what may not. */
export type Look = (chunk: Buffer, isLast: boolean) => void

const refuseOverride = (): never => {
  throw new Refusal('body_refused', { detail: 'The form has a field that names another method.' })
}

const nameBytesMaximum = 1_024

/** The names of an urlencoded form, wherever a reader might see one begin. */
const newFieldLook = (): Look => {
  let rest = ''
  const judge = (pair: string): void => {
    const [name = ''] = pair.split('=', 1)
    if (name.length > nameBytesMaximum) throw new Refusal('body_refused', { detail: 'The form has a field with too long a name.' })
    if (isOverride(decodeWhole(name.replaceAll('+', ' ')))) refuseOverride()
  }
  return (chunk, isLast) => {
    const pairs = (rest + chunk.toString('latin1')).split(/[&;]/)
    const last = pairs.pop() ?? ''
    for (const pair of pairs) judge(pair)
    // A name is whole once there is a value, of which nothing is kept. So it is judged before the product has what follows it.
    rest = last.includes('=') ? last.slice(0, last.indexOf('=') + 1) : last
    if (isLast || rest.endsWith('=') || rest.length > nameBytesMaximum) judge(rest)
  }
}

/** A part's own header, in the one form that every program reads alike: no other spelling of a name, no folded line. */
const plainDisposition =
  /^content-disposition: form-data; name="([^"\\%\r\n=]*)"(?:; filename="[^"\\\r\n]*")?(?:; filename\*=[\w.%'!#$&+^`|~-]+)?$/i
const headerBytesMaximum = 2_048
const mark = 'content-disposition'

/** Of a long line, as files have, what could still become a header of a part. */
const shorten = (line: string): string => {
  if (line.length <= headerBytesMaximum) return line
  if (line.toLowerCase().includes(mark))
    throw new Refusal('body_refused', { detail: 'The form has a part with too long a Content-Disposition.' })
  return `x${line.slice(-mark.length)}`
}

/**
 * The names of a multipart form. Where its parts begin, programs disagree; but all take a name from a Content-Disposition alone, so every
 * line of the body that has one is judged, whatever it stands in.
 */
const newPartLook = (): Look => {
  let rest = '\n'
  const judge = (line: string, after: string): void => {
    const lower = line.toLowerCase()
    if (lower.startsWith('content-id:')) refuseOverride()
    if (!lower.includes(mark)) return
    const [, name] = plainDisposition.exec(line) ?? []
    if (name === undefined || /^[ \t]/.test(after))
      throw new Refusal('body_refused', {
        detail: 'The form has a part whose Content-Disposition is not plain: form-data, a quoted name, a quoted file name.',
      })
    if (isOverride(name)) refuseOverride()
  }
  return (chunk, isLast) => {
    const text = rest + chunk.toString('latin1')
    // The line feed that goes with it may be on its way.
    const end = !isLast && text.endsWith('\r') ? '\r' : ''
    const lines = text.slice(0, text.length - end.length).split(/\r\n|\r|\n/)
    // The last two are kept: one may go on, the other could be folded.
    const keep = isLast ? 0 : Math.min(2, lines.length)
    const whole = lines.slice(0, lines.length - keep)
    for (const [i, line] of whole.entries()) judge(line, lines[i + 1] ?? '')
    rest = keep === 0 ? '' : lines.slice(-keep).map(shorten).join('\n') + end
  }
}

/** Of a media type that is one (checks/body.ts). */
const parameter = /;[ \t]*([^\s=;]+)=("[^"]*"|[^\s;]*)/g

/** How a form's body is looked at; undefined for another type. Only forms that every program reads alike are let through at all. */
export const lookForForm = (contentType: string): Look | undefined => {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const parameters = [...contentType.matchAll(parameter)].map(([, name = '', value = '']) => `${name}=${value}`.toLowerCase())
  if (type === 'application/x-www-form-urlencoded') {
    if (parameters.some((text) => !/^charset="?utf-8"?$/.test(text)))
      throw new Refusal('unsupported_media_type', { detail: 'A form is sent as UTF-8.' })
    return newFieldLook()
  }
  if (!type.startsWith('multipart/')) return undefined
  if (type !== 'multipart/form-data' || parameters.length !== 1 || !/^boundary="?[\w'()+,./:=?-]{1,70}"?$/.test(parameters[0] as string))
    throw new Refusal('unsupported_media_type', { detail: 'A form in parts is multipart/form-data with a boundary, and nothing more.' })
  return newPartLook()
}
