// The ledger at a glance and entry by entry. The server verifies all of it
// whenever the file changed and says so; what it finds is marked here at
// once. Nobody has to believe either: the command to check it stands below.
import { useEffect, useState } from 'react';
import {
	Alert,
	Chain,
	Command,
	Integrity,
	KeyValue,
	Page,
	Section,
	Tools,
	format,
	safe,
} from '../../kit/index.js';
import { detailOf } from '../ledger-words.js';
import { Button, Loaded, useData, useTurn } from '../parts.jsx';
import { go } from '../route.js';
import { useStore } from '../store.js';

const PAGE = 25;

// What is known about the whole: the answer, and what came since.
function verdictOf(data, event) {
	if (!event)
		return {
			ok: data.is_verified !== false,
			checked: data.checked ?? data.total ?? 0,
			problems: data.problems ?? [],
			total: data.total ?? data.checked ?? 0,
		};
	return {
		ok: event.ok !== false,
		checked: event.checked ?? 0,
		problems: event.problems ?? [],
		total: Math.max(event.last ?? 0, event.checked ?? 0, data.total ?? 0),
	};
}

const firstBad = problems =>
	problems.reduce((least, one) => Math.min(least, one.seq > 0 ? one.seq : least), Infinity);

// One sign for each entry: confirmed, changed, and not confirmed behind it.
function statesOf({ problems, total }) {
	const first = firstBad(problems),
		bad = new Set(problems.map(one => one.seq));

	return Array.from({ length: total }, (_, i) => (bad.has(i + 1) ? 'x' : i + 1 > first ? '?' : '.')).join(
		'',
	);
}

const said = one => [one.what ?? one.problem, one.field && `field ${one.field}`].filter(Boolean).join(', ');

function entriesOf(events, { problems }) {
	const first = firstBad(problems),
		bad = new Map(problems.map(one => [one.seq, one]));

	return [...events]
		.sort((a, b) => a.id - b.id)
		.map(entry => ({
			seq: entry.id,
			title: entry.action_type,
			agent: entry.agent_name,
			time: entry.timestamp,
			principal: entry.principal,
			detail: detailOf(entry),
			node: entry.governing_node_id ?? '',
			prev: entry.prev_hash,
			hash: entry.row_hash,
			state: bad.has(entry.id) ? 'broken' : entry.id > first ? 'suspect' : 'ok',
			problem: bad.has(entry.id) ? said(bad.get(entry.id)) : '',
		}));
}

function Broken({ verdict }) {
	const first = firstBad(verdict.problems),
		n = verdict.problems.length,
		found = verdict.problems.find(one => one.seq === first);
	const behind = Math.max(0, verdict.total - first);

	if (!Number.isFinite(first))
		return (
			<Alert
				tone="bad"
				title="The ledger does not verify"
				text={verdict.problems.map(said).join('. ')}
				fix="Run og-ledger verify to see where."
			/>
		);
	return (
		<Alert
			tone="bad"
			title={`Entry ${first} was changed after it was written`}
			text={[
				`${safe(said(found)) || 'It no longer matches its recorded hash'}.`,
				n > 1 && `${n - 1} more ${n === 2 ? 'problem' : 'problems'} behind it.`,
				behind > 0 &&
					`The ${behind} entries after it cannot be confirmed until this one is explained.`,
			]
				.filter(Boolean)
				.join(' ')}
		>
			<Tools>
				<Button kind="danger" small onClick={() => go(`ledger?at=${first}`)}>
					Show entry {first}
				</Button>
			</Tools>
		</Alert>
	);
}

function Pages({ entries, total, onOlder, onNewer }) {
	const first = entries[0]?.seq ?? 0,
		last = entries[entries.length - 1]?.seq ?? 0;

	return (
		<div className="ap-pages">
			<span role="status">
				{first > 0 ? `${format(first)} to ${format(last)} of ${format(total)}` : ''}
			</span>
			<Button small aria-label="Older entries" disabled={first <= 1} onClick={() => onOlder(first)}>
				Older
			</Button>
			<Button small aria-label="Newer entries" disabled={last >= total} onClick={() => onNewer(last)}>
				Newer
			</Button>
		</div>
	);
}

function factsOf({ ok, checked, problems, total }, data) {
	return [
		{ label: 'State', value: ok ? 'verified' : 'changed', format: 'status', tone: ok ? 'ok' : 'bad' },
		{ label: 'Entries', value: total },
		{ label: 'Checked', value: checked },
		...(problems.length > 0 ? [{ label: 'Problems', value: problems.length, tone: 'bad' }] : []),
		...(data.head ? [{ label: 'Head', value: data.head, format: 'hash' }] : []),
	];
}

function Body({ data, verdict, setBefore }) {
	const entries = entriesOf(data.events, verdict);

	return (
		<>
			{!verdict.ok && <Broken verdict={verdict} />}
			<Section title="Integrity" hint="One cell for each entry, or for a range of them">
				<Integrity states={statesOf(verdict)} from={1} />
			</Section>
			<div className="og-grid">
				<div className="og-stack sp8">
					<Section title="Chain" hint="Oldest first">
						<Chain entries={entries} />
						<Pages
							entries={entries}
							total={verdict.total}
							onOlder={first => setBefore(first)}
							onNewer={last =>
								setBefore(last + PAGE + 1 > verdict.total ? null : last + PAGE + 1)
							}
						/>
					</Section>
				</div>
				<div className="og-stack sp4">
					<Section title="Verification" hint="Anew after every change">
						<KeyValue items={factsOf(verdict, data)} />
					</Section>
					<Section title="Check it yourself">
						<Command title="Verify all of it" effect="read" text="og-ledger verify" />
						<Command
							title="Proof of one entry"
							effect="read"
							text={`og-ledger prove ${entries[entries.length - 1]?.seq ?? 1}`}
						/>
					</Section>
				</div>
			</div>
		</>
	);
}

// The page that has the entry somewhat below its middle.
const pageOf = at => (at > 0 ? at + Math.floor(PAGE / 3) : null);

export function Ledger({ route }) {
	const at = Number(route.query.get('at')) || 0;
	const [before, setBefore] = useState(() => pageOf(at));
	const event = useStore(state => state.ledger),
		turn = useTurn(1000);
	const found = useData(
		`/api/ledger?limit=${PAGE}${before ? `&before=${before}` : ''}`,
		event ?? `turn ${turn}`,
	);

	useEffect(() => setBefore(pageOf(at)), [at]);
	return (
		<Page title="Ledger" subtitle="Every effect, in the order in which it happened, chained by hashes.">
			<Loaded
				from={found}
				what="The ledger is being verified"
				isEmpty={data => data.events.length === 0}
				empty={{ title: 'The ledger has no entries', text: 'The first effect begins it.' }}
			>
				{data => <Body data={data} verdict={verdictOf(data, event)} setBefore={setBefore} />}
			</Loaded>
		</Page>
	);
}
