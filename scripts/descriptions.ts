/** Keys whose schema has no description, since it stands for several places or is transformed. */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'rotations[].name': 'Tells rotations apart; part of the names of the tokens that it makes.',
  'rotations[].credentials': 'What is rotated together, all or nothing.',
  'rotations[].credentials[].name':
    'Tells the credentials of a rotation apart; part of the names of its tokens.',
  'rotations[].credentials[].ttl': 'Lifetime of the new token.',
  'rotations[].credentials[].grace': 'For `strategy: rotate`: how long the previous secret works on.',
  'rotations[].credentials[].verify[].http': 'A request to the service that the credential is for.',
  'rotations[].credentials[].verify[].http.expect.status': 'The status, or a list of statuses.',
  'rotations[].credentials[].verify[].http.expect.json': 'Parts that the JSON of the answer must have.',
  'rotations[].credentials[].secrets.client-id':
    'A name for a single, primary slot; or a name for each of the two slots.',
  'rotations[].credentials[].secrets.client-id.primary': 'The active value.',
  'rotations[].credentials[].secrets.client-id.secondary': 'The previous value, created when it is missing.',
  'rotations[].credentials[].secrets.client-secret':
    'A name for a single, primary slot; or a name for each of the two slots.',
  'rotations[].credentials[].secrets.client-secret.primary': 'The active value.',
  'rotations[].credentials[].secrets.client-secret.secondary':
    'The previous value, created when it is missing.',
  'rotations[].credentials[].secrets.value':
    'A name for a single, primary slot; or a name for each of the two slots.',
  'rotations[].credentials[].secrets.value.primary': 'The active value.',
  'rotations[].credentials[].secrets.value.secondary': 'The previous value, created when it is missing.',
  'rotations[].destinations': 'Where the slots are written; every slot goes to every destination.',
  'rotations[].revoke': 'How old credentials are revoked.'
}
