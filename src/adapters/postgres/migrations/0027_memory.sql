-- What runs learnt about a repository. Nothing of it is shown to a model before a person approved exactly this text, and
-- what is forgotten leaves its hash alone, so that it is not proposed again.
create table gander.memory (
  tenant_id   text not null,
  id          text not null,
  repository  text not null,
  kind        text not null check (kind in ('build_hint', 'convention', 'pitfall', 'flaky_test', 'ownership')),
  body        text not null check (char_length(body) <= 400),
  hash        text not null check (hash ~ '^[0-9a-f]{64}$'),
  -- The lowest of what went into the text; nobody may change it later.
  trust       text not null check (trust in ('operator', 'merged', 'member', 'tool_output', 'outsider', 'unknown')),
  flags       text[] not null default '{}',
  state       text not null default 'proposed' check (state in ('proposed', 'approved', 'forgotten', 'expired')),
  item        text not null check (char_length(item) <= 400),
  commit_id   text,
  run_id      text,
  -- Runs that saw the same, of which the first proposed it.
  runs        text[] not null default '{}' check (cardinality(runs) <= 16),
  proposed_by text not null,
  proposed_at timestamptz not null default clock_timestamp(),
  reviewer    text,
  reviewed_at timestamptz,
  reason      text not null default '',
  expires_at  timestamptz not null,
  primary key (tenant_id, id),
  -- A text is what was hashed, or it is gone: an approval cannot come to mean other words.
  check (case when body = '' then item = '' and state in ('forgotten', 'expired')
    else state <> 'forgotten' and hash = encode(sha256(convert_to(kind || chr(10) || body, 'UTF8')), 'hex') end),
  check (state <> 'approved' or (reviewer is not null and reviewed_at is not null))
);
-- What expired may be proposed anew, as another entry.
create unique index memory_text on gander.memory (tenant_id, repository, hash) where state <> 'expired';
create index memory_lapses on gander.memory (tenant_id, expires_at) where state <> 'forgotten' and body <> '';
select gander.protect('gander.memory');
grant select, insert on gander.memory to gander_app;
grant update (body, item, state, runs, reviewer, reviewed_at, reason, expires_at) on gander.memory to gander_app;
