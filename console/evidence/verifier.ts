// The verifier inside an evidence pack: `node verify.mjs` in its folder, or the page summary.html. It needs nothing else.
import { type PackFile, packFiles, verifyPack } from './verify-pack.ts'

const inNode = async (): Promise<void> => {
  const { readFile } = await import('node:fs/promises')
  const folder = new URL(/* @vite-ignore */ 'log/', import.meta.url)
  try {
    const lines = await verifyPack((file) => readFile(new URL(file, folder), 'utf8'), process.argv[2])
    process.stdout.write(`The evidence verifies.\n${lines.map((line) => `  ${line}\n`).join('')}`)
  } catch (error) {
    process.stdout.write(`The evidence does NOT verify: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

const show = (kind: 'good' | 'bad' | 'busy', title: string, lines: readonly string[] = []): void => {
  const place = document.getElementById('verdict') as HTMLElement
  const heading = document.createElement('strong')
  heading.textContent = title
  const list = document.createElement('ul')
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement('li')
      item.textContent = line
      return item
    }),
  )
  place.className = kind
  place.replaceChildren(heading, list)
}

/** A browser lets a page of a folder read nothing beside it: a person gives it the files. */
const inPage = (): void => {
  const input = document.getElementById('files') as HTMLInputElement
  const key = document.getElementById('key') as HTMLInputElement
  const verify = async (): Promise<void> => {
    const files = new Map([...(input.files ?? [])].map((file) => [file.name, file]))
    const missing = packFiles.filter((name) => !files.has(name))
    if (missing.length > 0) return show('bad', `Choose all files of the folder log. Missing: ${missing.join(', ')}`)
    show('busy', 'Verifying …')
    const read = (name: PackFile): Promise<string> => (files.get(name) as File).text()
    try {
      show('good', 'The evidence verifies.', await verifyPack(read, key.value.trim() || undefined))
    } catch (error) {
      show('bad', 'The evidence does NOT verify.', [(error as Error).message])
    }
  }
  input.addEventListener('change', () => void verify())
  key.addEventListener('change', () => void (input.files?.length && verify()))
}

if (typeof document === 'undefined') await inNode()
else inPage()
