/** What a column of people's files can be taken for, beside a column of their own. */
export type Field =
  | 'phone'
  | 'name'
  | 'first_name'
  | 'last_name'
  | 'email'
  | 'tags'
  | 'message'
  | 'sender_id'
  | 'is_active'
  | 'opted_out'
  | 'opted_out_at'
  | 'opted_in';

/** Headers of fields but the phone's, in English, Swahili and Portuguese, without blanks and punctuation. */
const headersByField: Record<Exclude<Field, 'phone'>, string> = {
  name: 'name fullname contactname displayname customername clientname jina jinakamili nome nomecompleto',
  first_name: 'firstname givenname forename jinalakwanza primeironome',
  last_name: 'lastname surname familyname jinalamwisho jinalaukoo sobrenome apelido ultimonome',
  email:
    'email emails mail emailaddress emailaddresses mailaddress contactemail baruapepe correioeletronico emailvalue',
  tags: 'tags tag labels groups groupmembership vikundi etiquetas grupos',
  message: 'message text sms body messagetext smstext ujumbe mensagem texto',
  sender_id: 'senderid sender from sendername mtumaji remetente',
  is_active: 'isactive active isenabled hai ativo estaativo ativado',
  opted_out: [
    'optout optedout isoptedout hasoptedout optoutsms smsoptout smsoptedout unsubscribe unsubscribed isunsubscribed',
    'donotcontact donottext donotsms donotmessage dnc dnd nosms stopsms blocked blacklisted blocklisted inactive',
    'amejiondoa amejitoa kujiondoa asitumiwe usitumie descadastrado descadastrada',
    'inscricaocancelada naocontatar naocontactar naoenviar naoenviarsms bloqueado bloqueada inativo inativa',
  ].join(' '),
  opted_out_at: [
    'optedoutat optoutat optoutdate optedoutdate optedouton optouttime unsubscribedat unsubscribedon unsubscribedate',
    'unsubscribetime datadescadastro datadecancelamento descadastradoem tareheyakujiondoa',
  ].join(' '),
  opted_in: [
    'optin optedin isoptedin hasoptedin smsoptin consent smsconsent marketingconsent consentgiven hasconsent subscribed',
    'issubscribed subscriptionstatus smsstatus smssubscriptionstatus consentstatus optinstatus idhini',
    'amekubali amejiunga inscrito inscrita aceita aceitasms consentimento assinante',
  ].join(' '),
};

const fieldByHeader = new Map(
  Object.entries(headersByField).flatMap(([field, headers]) =>
    headers.split(' ').map((header) => [header, field as Field]),
  ),
);

/** Words that make a header that of a phone. */
const phoneWords = new Set(
  [
    'phone phones phonee164 mobile mobiles cell cellphone cellular mobilephone telephone tel msisdn whatsapp handset smartphone',
    'phonenumber phonenumbers mobilenumber cellnumber telephonenumber whatsappnumber mobileno phoneno telno primaryphone homephone workphone',
    'simu telefone telefones celular telemovel movel fone zap',
  ]
    .join(' ')
    .split(' '),
);

/** Words that may stand beside them, or with `number` in their place. */
const besidePhone = new Set(
  [
    'number numbers no nr num nos e164 contact primary main my your the of customer client recipient user member patient',
    'person value home work business other personal default full international sms registered current',
    'namba ya nambari yako mteja numero do da de contato contacto principal cliente',
  ]
    .join(' ')
    .split(' '),
);

/** Headers that are a phone's though no word in them says so, all words together. */
const phoneHeaders = new Set(
  'number numbers contactnumber contactno customernumber recipient recipients recipientnumber to numero namba nambari mpokeaji destinatario'.split(
    ' ',
  ),
);

/** Words of a text in lower case, without accents. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** The same with a blank before capitals, as in `phoneNumber`. */
const withoutCamelCase = (text: string): string => text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');

/** A header without case, accents, blanks and punctuation. */
export const plainHeader = (header: string): string => wordsOf(header).join('');

const isOrdinal = (word: string): boolean => /^\d{1,2}$/.test(word);

function isPhone(words: string[]): boolean {
  const named = words.filter((word) => !isOrdinal(word));
  if (phoneHeaders.has(named.join('')) || phoneWords.has(named.join(''))) return true;
  return (
    named.some((word) => phoneWords.has(word)) &&
    named.every((word) => phoneWords.has(word) || besidePhone.has(word))
  );
}

/** Headers are short; a longer text is a sentence, and is not looked at. */
const headerLengthMax = 100;

/** A header without what is said in brackets, such as an example or `(optional)`. */
export const withoutBrackets = (header: string): string => header.replace(/[([][^()[\]]*[)\]]/g, ' ').trim();

function fieldNamed(header: string): Field | undefined {
  const words = wordsOf(header);
  const letters = words.filter((word) => !isOrdinal(word)).join('');
  const isPhoneOf = isPhone(words) || isPhone(wordsOf(withoutCamelCase(header)));
  return fieldByHeader.get(letters) ?? (isPhoneOf ? 'phone' : undefined);
}

/**
 * The field that a header names; `undefined` for a column of the author's own. Case, accents, blanks,
 * punctuation, numbers such as in `Phone 2 - Value` and what is said in brackets make no difference.
 */
export const fieldOf = (header: string): Field | undefined =>
  header.length > headerLengthMax ? undefined : (fieldNamed(header) ?? fieldNamed(withoutBrackets(header)));
