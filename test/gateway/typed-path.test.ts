import { expect, it } from 'vitest'
import { readPath } from '../../console/src/pages/view/path.ts'
import { isTarget } from '../../server/src/gateway/checks/target.ts'

it.each([
  ['/members/7', '/members/7'],
  ['members', '/members'],
  ['', '/'],
  ['  /members?page=2 ', '/members?page=2'],
  ['https://app.acme.example/attestations/7?tab=log#top', '/attestations/7?tab=log'],
  ['/a/../b', '/b'],
  ['/search?q=two words', '/search?q=two%20words'],
])('C44 takes “%s” as the path %s, in a form that the gateway takes', (typed, path) => {
  expect(readPath(typed)).toEqual({ path })
  expect(isTarget(path)).toBe(true)
})

it.each([
  ['//evil.example/x', /Two slashes/],
  ['/a//b', /Two slashes/],
  ['/.countersign/enter', /not the product’s/],
  ['/%2e%2e/x y', /character/],
  ['/café', /character/],
  ['/a?x=1&x=2', /“x” twice/],
  ['/a?x=é{', /character/],
  [`/${'a'.repeat(2100)}`, /longer/],
  ['http://', /not a path/],
])('GA- says what is wrong with %s', (typed, fault) => {
  expect(readPath(typed).fault).toMatch(fault)
})
