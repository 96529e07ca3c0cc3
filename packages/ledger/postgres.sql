-- The run ledger of Cluster Leader. postgresStore(pool).migrate() applies the same statements.
create table if not exists cluster_leader_jobs (
  ns text collate "C" not null,
  job text collate "C" not null,
  fingerprint text collate "C" not null,
  settled timestamptz(3) not null,
  revision bigint not null,
  primary key (ns, job)
);
create table if not exists cluster_leader_holders (
  holder text collate "C" primary key,
  ns text collate "C" not null,
  pod text collate "C" not null,
  beat_at timestamptz(3) not null
);
create table if not exists cluster_leader_runs (
  ns text collate "C" not null,
  job text collate "C" not null,
  slot timestamptz(3) not null,
  state text not null,
  attempt integer not null,
  holder text collate "C" not null,
  pod text collate "C" not null,
  term bigint,
  token numeric,
  made_up boolean not null,
  claimed_at timestamptz(3) not null,
  ended_at timestamptz(3),
  error text,
  primary key (ns, job, slot)
);
create index if not exists cluster_leader_runs_slot on cluster_leader_runs (ns, slot);
create index if not exists cluster_leader_runs_open on cluster_leader_runs (ns, slot) where state in ('running', 'interrupted');
create table if not exists cluster_leader_terms (
  ns text collate "C" not null,
  holder text collate "C" not null,
  election text collate "C" not null,
  number bigint not null,
  began_at timestamptz(3) not null,
  pod text collate "C" not null,
  token numeric,
  ended_at timestamptz(3),
  reason text,
  primary key (ns, holder, election, number, began_at)
);
create table if not exists cluster_leader_skips (
  ns text collate "C" not null,
  minute timestamptz(3) not null,
  job text collate "C" not null,
  reason text collate "C" not null,
  holder text collate "C" not null,
  pod text collate "C" not null,
  count bigint not null,
  primary key (ns, minute, job, reason, holder)
);
