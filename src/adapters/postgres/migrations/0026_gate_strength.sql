-- What calibration found of each gate: how many bad changes it caught, how many honest ones it refused, and whether its
-- pass counts. An empty repository is the one that comes with the program.
create table gander.gate_strength (
  tenant_id    text not null,
  repository   text not null,
  gate         text not null,
  caught       integer not null check (caught >= 0),
  bad          integer not null check (bad >= caught and bad > 0),
  false_alarms integer not null check (false_alarms >= 0),
  honest       integer not null check (honest >= false_alarms),
  floor        double precision not null check (floor between 0 and 1),
  standing     text not null check (standing in ('proof', 'advice')),
  corpus       text not null,
  measured_by  text not null,
  measured_at  timestamptz not null default clock_timestamp(),
  primary key (tenant_id, repository, gate),
  -- Nobody writes a pass that the figures do not give.
  check ((standing = 'proof') = (caught >= floor * bad))
);
select gander.protect('gander.gate_strength');
grant select, insert, update on gander.gate_strength to gander_app;
