import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBase64 } from './bytes.ts'
import { formatCheckpoint, parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { formatVerifierKey, openNote, parseNote, parseVerifierKey, type Signer, signNote } from './note.ts'
import { sha256 } from './sha256-node.ts'
import { emptyRoot } from './tree.ts'

const sampleKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const sampleSignature =
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
const sampleText = 'This is an example message.\n'
const sample = `${sampleText}\n${sampleSignature}`

const newSigner = (name: string): { signer: Signer; vkey: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  const vkey = formatVerifierKey(sha256, name, raw)
  return { vkey, signer: { name, id: parseVerifierKey(sha256, vkey).id, sign: (message) => sign(null, message, privateKey) } }
}
const parse = (vkey: string) => parseVerifierKey(sha256, vkey)

describe('M2 signed notes (C2SP)', () => {
  it('verifies the example of the specification', async () => {
    const key = parse(sampleKey)
    expect(await openNote(sample, [key])).toEqual({ text: sampleText, signedBy: [key] })
    expect(formatVerifierKey(sha256, key.name, key.publicKey)).toBe(sampleKey)
  })

  it('signs what it verifies, and the same bytes every time', async () => {
    const { signer, vkey } = newSigner('log.example/one')
    const note = signNote('one\n\ntwo\n', signer)
    expect(signNote('one\n\ntwo\n', signer)).toBe(note)
    expect((await openNote(note, [parse(vkey)])).text).toBe('one\n\ntwo\n')
  })

  it('ignores signatures by unknown keys, those that share a name or an id too', async () => {
    const other = newSigner('example.com/foo')
    const noise = signNote(sampleText, other.signer).slice(sampleText.length + 1)
    const key = parse(sampleKey)
    expect((await openNote(`${sampleText}\n${noise}${sampleSignature}${noise}`, [key])).signedBy).toEqual([key])
    const renamed = sampleSignature.replace('example.com/foo', 'example.com/bar')
    await expect(openNote(`${sampleText}\n${renamed}`, [key])).rejects.toMatchObject({ code: 'unsigned' })
    await expect(openNote(`${sampleText}\n${noise}`, [key])).rejects.toMatchObject({ code: 'unsigned' })
    await expect(openNote(sample, [])).rejects.toMatchObject({ code: 'unsigned' })
  })

  it('refuses the whole note for one wrong signature by a trusted key', async () => {
    const { signer, vkey } = newSigner('witness.example')
    const wrong = signNote('Something else.\n', signer).split('\n\n')[1] as string
    const keys = [parse(sampleKey), parse(vkey)]
    await expect(openNote(`${sample}${wrong}`, keys)).rejects.toMatchObject({ code: 'signature_wrong' })
    await expect(openNote(sample.replace('example message', 'exemple message'), keys)).rejects.toMatchObject({ code: 'signature_wrong' })
  })

  it('refuses two trusted keys with one name and id', async () => {
    await expect(openNote(sample, [parse(sampleKey), parse(sampleKey)])).rejects.toMatchObject({ code: 'ambiguous_key' })
  })

  it('accepts 16 signatures and a hundred, not more', () => {
    expect(parseNote(`${sampleText}\n${sampleSignature.repeat(16)}`).signatures).toHaveLength(16)
    expect(parseNote(`${sampleText}\n${sampleSignature.repeat(100)}`).signatures).toHaveLength(100)
    expect(() => parseNote(`${sampleText}\n${sampleSignature.repeat(101)}`)).toThrow(expect.objectContaining({ code: 'malformed_note' }))
  })

  it.each([
    ['nothing', ''],
    ['no signature', `${sampleText}\n`],
    ['no blank line', `${sampleText}${sampleSignature}`],
    ['no newline at the end', sample.slice(0, -1)],
    ['a line after the signatures', `${sample}more\n`],
    ['a blank line after the signatures', `${sample}\n`],
    ['a carriage return', sample.replaceAll('\n', '\r\n')],
    ['a control character in the text', sample.replace('This', 'Th\u0001s')],
    ['a tab in the text', sample.replace(' is', '\tis')],
    ['a lone surrogate', sample.replace('This', '\ud800')],
    ['a hyphen for the dash', sample.replace('\u2014', '-')],
    ['no name', sample.replace('example.com/foo ', ' ')],
    ['a plus in the name', sample.replace('example.com/foo', 'a+b')],
    ['a no-break space in the name', sample.replace('example.com/foo', 'a\u00a0b')],
    ['two spaces', sample.replace('foo ', 'foo  ')],
    ['base64 without padding', sample.replace('aQM=', 'aQM')],
    ['base64url', sample.replace('Uw2QOkn8', 'Uw2QOkn-')],
    ['other bits in the padding', sample.replace('aQM=', 'aQN=')],
    ['a signature of four bytes', `${sampleText}\n\u2014 example.com/foo Uw2QOg==\n`],
  ])('refuses %s', (_name, note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'malformed_note' }))
  })

  it.each([
    ['another id', sampleKey.replace('530d903a', '530d903b')],
    ['upper case in the id', sampleKey.replace('530d903a', '530D903A')],
    ['another name', sampleKey.replace('foo', 'bar')],
    ['another type', sampleKey.replace('+AekyeRrm', '+BOkyeRrm')],
    ['a space in the name', sampleKey.replace('com', ' com')],
    ['a short key', sampleKey.slice(0, -4)],
    ['no key', 'example.com/foo+530d903a+'],
    ['no name', sampleKey.slice(15)],
    ['a line break', `${sampleKey}\n`],
  ])('refuses a verifier key with %s', (_name, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'malformed_key' }))
  })

  it('opens what it signed and refuses every changed character', async () => {
    const { signer, vkey } = newSigner('log.example')
    const keys = [parse(vkey)]
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[ -~\n]{0,40}$/), fc.nat(), async (line, at) => {
        const text = `${line}\n`
        const note = signNote(text, signer)
        expect((await openNote(note, keys)).text).toBe(text)
        const place = at % text.length
        const changed = `${note.slice(0, place)}${note[place] === 'x' ? 'y' : 'x'}${note.slice(place + 1)}`
        await expect(openNote(changed, keys)).rejects.toMatchObject({
          code: expect.stringMatching(/signature_wrong|malformed_note|unsigned/),
        })
      }),
      { numRuns: 100 },
    )
  })
})

describe('M2 checkpoints (C2SP tlog-checkpoint)', () => {
  const root = emptyRoot(sha256)
  const text = formatCheckpoint({ origin: 'log.example/a', size: 20852163, root })

  it('formats what it parses', () => {
    expect(text).toBe(`log.example/a\n20852163\n${formatBase64(root)}\n`)
    expect(parseCheckpoint(text)).toEqual({ origin: 'log.example/a', size: 20852163, root: new Uint8Array(root) })
    expect(parseCheckpoint(`${text}extension\nanother\n`).size).toBe(20852163)
  })

  it.each([
    ['no size', `log.example/a\n\n${formatBase64(root)}\n`],
    ['a leading zero', text.replace('20852163', '020852163')],
    ['a sign', text.replace('20852163', '+1')],
    ['a fraction', text.replace('20852163', '1.0')],
    ['a size beyond 2^53', text.replace('20852163', '9007199254740993')],
    ['a short root', text.replace(formatBase64(root), 'AAAA')],
    ['a root in base64url', text.replace('/', '_').replace('+', '-')],
    ['two lines', 'log.example/a\n1\n'],
    ['an empty origin', text.replace('log.example/a', '')],
    ['an empty extension line', `${text}\n\nmore\n`],
    ['no newline at the end', text.slice(0, -1)],
  ])('refuses %s', (_name, changed) => {
    expect(() => parseCheckpoint(changed)).toThrow(expect.objectContaining({ code: 'malformed_checkpoint' }))
  })

  it('refuses a checkpoint that is signed by the key of another origin', async () => {
    const { signer, vkey } = newSigner('log.example/b')
    const note = signCheckpoint({ origin: 'log.example/a', size: 1, root }, signer)
    await expect(verifyCheckpoint(note, [parse(vkey)])).rejects.toMatchObject({ code: 'other_log' })
  })
})
