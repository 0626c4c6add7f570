const ONE_OR_TWO =
  'One name for one slot, or a name for each of the two; SECONDARY is created if it does not exist.'
const PRIMARY = 'Name of the slot of the current value.'
const SECONDARY = 'Name of the slot of the previous value; created if it does not exist.'

/** Descriptions of keys that have none in the schema, because their schema is shared by several keys or is transformed. */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'rotations[].name': 'Identifies the rotation; part of the names of its tokens.',
  'rotations[].credentials': 'The credentials that are rotated together, all or none.',
  'rotations[].credentials[].name':
    'Identifies the credential in its rotation; part of the names of its tokens.',
  'rotations[].credentials[].ttl': 'Lifetime of a new token.',
  'rotations[].credentials[].grace':
    'With `strategy: rotate`: how long the previous secret remains valid if a run is interrupted.',
  'rotations[].credentials[].verify[].http': 'A request to the service that the credential is for.',
  'rotations[].credentials[].verify[].http.expect.status': 'The expected status, or a list.',
  'rotations[].credentials[].verify[].http.expect.json': 'JSON that the answer must contain.',
  'rotations[].credentials[].verify[].s3':
    'A list of one object of an R2 bucket, requested with the R2 key of the token.',
  'rotations[].credentials[].secrets.access-key-id.primary': PRIMARY,
  'rotations[].credentials[].secrets.access-key-id.secondary': SECONDARY,
  'rotations[].credentials[].secrets.secret-access-key.primary': PRIMARY,
  'rotations[].credentials[].secrets.secret-access-key.secondary': SECONDARY,
  'rotations[].credentials[].secrets.client-id': ONE_OR_TWO,
  'rotations[].credentials[].secrets.client-id.primary': PRIMARY,
  'rotations[].credentials[].secrets.client-id.secondary': SECONDARY,
  'rotations[].credentials[].secrets.client-secret': ONE_OR_TWO,
  'rotations[].credentials[].secrets.client-secret.primary': PRIMARY,
  'rotations[].credentials[].secrets.client-secret.secondary': SECONDARY,
  'watch[].name': 'How messages name it; unique among those that are watched.',
  'rotations[].credentials[].secrets.pair': 'Both values in one secret, so that one write changes both.',
  'rotations[].credentials[].secrets.pair.primary': PRIMARY,
  'rotations[].credentials[].secrets.pair.secondary': SECONDARY,
  'rotations[].credentials[].secrets.pair.keys.access-key-id': 'The key of the access key id.',
  'rotations[].credentials[].secrets.pair.keys.secret-access-key': 'The key of the secret access key.',
  'rotations[].credentials[].secrets.pair.keys.client-id': 'The key of the client id.',
  'rotations[].credentials[].secrets.pair.keys.client-secret': 'The key of the client secret.',
  'rotations[].credentials[].secrets.value.primary': PRIMARY,
  'rotations[].credentials[].secrets.value.secondary': SECONDARY,
  'rotations[].destinations': 'Where the slots are written. Every slot is written to every destination.',
  'rotations[].rollout[].workflow': 'A workflow that is started and must succeed.',
  'rotations[].rollout[].http': 'A request to a consumer, without any credential of the rotation.',
  'rotations[].rollout[].http.expect.status': 'The expected status, or a list.',
  'rotations[].rollout[].http.expect.json': 'JSON that the answer must contain.',
  'rotations[].revoke': 'How old credentials are revoked.'
}
