import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readLayout } from '../../server/src/archive/unzip.ts'
import { layOut, type PackedFile } from '../../server/src/archive/zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-zip-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pack = (name: string, text: string, deflated: boolean): { file: PackedFile; bytes: Buffer } => {
  const raw = Buffer.from(text)
  const bytes = deflated ? deflateRawSync(raw) : raw
  return { file: { name, deflated, crc: crc32(raw), size: raw.length, packed: bytes.length }, bytes }
}

const write = (path: string, packs: readonly ReturnType<typeof pack>[]): void => {
  const { files, tail } = layOut(packs.map(({ file }) => file))
  writeFileSync(path, Buffer.concat([...files.flatMap(({ header }, at) => [header, packs[at]?.bytes as Buffer]), tail]))
}

const readBack = async (path: string) => {
  const file = await open(path)
  try {
    return await readLayout(file)
  } finally {
    await file.close()
  }
}

describe('EX-7 a ZIP file of ours', () => {
  const packs = [pack('README.txt', 'read me', true), pack('events.csv', 'a,b\r\n'.repeat(1000), true), pack('checkpoint', '', false)]
  const path = join(folder, 'plain.zip')

  it('is read back, and by another program too', async ({ skip }) => {
    write(path, packs)
    expect((await readBack(path)).files.map(({ name, size }) => [name, size])).toEqual(packs.map(({ file }) => [file.name, file.size]))
    const program = `
import zipfile, sys
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print([(i.filename, i.file_size) for i in z.infolist()])`
    let said: string
    try {
      said = execFileSync('python3', ['-c', program, path], { encoding: 'utf8' })
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
      return skip('there is no python3 here')
    }
    expect(said.trim()).toBe("[('README.txt', 7), ('events.csv', 5000), ('checkpoint', 0)]")
  })

  it('has ZIP64 fields where a file or its place is beyond 4 GB, and there alone', async () => {
    const large: PackedFile[] = [
      { name: 'a', deflated: true, crc: 1, size: 9_000_000_000, packed: 5_000_000_000 },
      { name: 'b', deflated: true, crc: 2, size: 10, packed: 12 },
    ]
    const layout = layOut(large)
    const sparse = join(folder, 'large.zip')
    const file = await open(sparse, 'w+')
    for (const { header, at } of layout.files) await file.write(header, 0, header.length, at - header.length)
    await file.write(layout.tail, 0, layout.tail.length, layout.tailAt)
    expect((await readLayout(file)).files.map(({ name, size, packed }) => ({ name, size, packed }))).toEqual(
      large.map(({ name, size, packed }) => ({ name, size, packed })),
    )
    await file.close()
    expect(layout.files[0]?.header.length).toBe(30 + 1 + 20)
    expect(layout.files[1]?.header.length).toBe(30 + 1)
  })

  it('is not believed where a byte of a header or of the directory was changed', async () => {
    write(path, packs)
    const { files, tailAt, length } = await readBack(path)
    const file = await open(path, 'r+')
    const places = [...files.flatMap(({ header, at }) => Array.from(header, (_, back) => at - header.length + back))]
    for (let at = tailAt; at < length; at += 1) places.push(at)
    for (const at of places) {
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, at)
      await file.write(Buffer.from([(byte[0] as number) ^ 1]), 0, 1, at)
      await expect(readLayout(file), `byte ${at}`).rejects.toMatchObject({ code: 'malformed_export' })
      await file.write(byte, 0, 1, at)
    }
    await expect(readLayout(file)).resolves.toBeDefined()
    await file.close()
  })
})
