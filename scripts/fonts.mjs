// Makes console/src/ui/fonts: of each font what the first page needs, so that it does not wait for four times as much. Characters and
// weights that are not in there come from the packages, when a page has them. Run by hand when a font's package has a new version:
//   npm install --no-save subset-font@2.9.0 && node scripts/fonts.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import subsetFont from 'subset-font'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const range = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, n) => from + n))

// The same as the ranges in console/src/app.css.
const ascii = range(0x20, 0x7e)
const latin = `${ascii}${range(0xa0, 0xff)}–—‘’“”•…€↑↓−`
const weights = { wght: { min: 400, max: 600, default: 400 } }

const fonts = [
  { name: 'inter', text: latin, features: ['calt', 'ccmp', 'cv05', 'cv11', 'kern', 'locl', 'mark', 'ss03', 'tnum'] },
  { name: 'jetbrains-mono', text: `${ascii}\u00a0·–—…`, features: ['ccmp', 'mark', 'zero'] },
]

for (const { name, text, features } of fonts) {
  const whole = readFileSync(at(`node_modules/@fontsource-variable/${name}/files/${name}-latin-wght-normal.woff2`))
  const part = await subsetFont(whole, text, { targetFormat: 'woff2', keepFeatures: features, variationAxes: weights })
  writeFileSync(at(`console/src/ui/fonts/${name}.woff2`), part)
  process.stderr.write(`${name}: ${whole.length} → ${part.length} bytes\n`)
}
