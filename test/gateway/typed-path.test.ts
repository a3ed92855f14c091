import { isTarget } from '@countersign/contract/target.ts'
import { expect, it } from 'vitest'
import { readPath } from '../../console/src/pages/view/path.ts'

it.each([
  ['/members/7', '/members/7'],
  ['members', '/members'],
  ['', '/'],
  ['  /members?page=2 ', '/members?page=2'],
  ['https://app.acme.example/attestations/7?tab=log#top', '/attestations/7?tab=log'],
  ['/a/../b', '/b'],
  ['/search?q=two words', '/search?q=two%20words'],
  ['/a?x=1&x=2', '/a?x=1&x=2'],
  ['/files/Jahresübersicht 2026.pdf', '/files/Jahres%C3%BCbersicht%202026.pdf'],
  ['https://app.acme.example/files/Q&A [1]|a+b.pdf?page[number]=2&name=李', '/files/Q&A%20[1]|a+b.pdf?page[number]=2&name=%E6%9D%8E'],
])('C44 takes “%s” as the path %s, in a form that the gateway takes', (typed, path) => {
  expect(readPath(typed)).toEqual({ path })
  expect(isTarget(path)).toBe(true)
})

it.each([
  ['//evil.example/x', /Two slashes/],
  ['/a//b', /Two slashes/],
  ['/.countersign/enter', /not the product’s/],
  ['/a%2fb', /%2f is not accepted/],
  ['/a;b', /";" is not accepted/],
  ['/a?x=1;y', /write %3B/],
  ['/a?tenant=1&tenant=2', /the tenant twice/],
  [`/${'a'.repeat(8200)}`, /at most 8192/],
  ['http://', /not a path/],
])('GA- says what is wrong with %s', (typed, fault) => {
  expect(readPath(typed).fault).toMatch(fault)
})
