// What waits for a yes or no: who asks, for what, under which policy, with
// which arguments. The digest ties the answer to exactly these.
import { useState } from 'react';
import { Badge, Code, KeyValue, Page, Section, format, safe } from '../../kit/index.js';
import { post } from '../api.js';
import { confirmed } from '../ask.js';
import { Button, Loaded, useData, useTurn } from '../parts.jsx';
import { taskPath } from '../route.js';
import { countApprovals } from '../session.js';
import { read } from '../store.js';
import { stepTitle } from '../tasks.js';

const DECISIONS = {
	approved: {
		word: 'approve',
		title: 'Approve',
		summary: 'The task goes on with exactly these arguments.',
	},
	rejected: {
		word: 'reject',
		title: 'Reject',
		summary: 'The task does not do this step; what it did before is undone.',
	},
};

function argvOf(decision, one, note) {
	const words = [
		'og-task',
		DECISIONS[decision].word,
		'--as',
		read().session.principal,
		'--digest',
		one.digest,
	];

	return [...words, ...(note ? ['--note', note] : []), one.task_id];
}

async function decide(decision, one, note) {
	const { title, summary } = DECISIONS[decision];
	const yes = await confirmed({
		title: `${title} what ${one.principal} asks`,
		summary,
		argv: argvOf(decision, one, note),
		values: { Asks: one.principal, Step: one.step, Policy: one.policy },
	});

	if (!yes)
		return false;
	await post(`/api/approvals/${encodeURIComponent(one.task_id)}`, {
		decision,
		digest: one.digest,
		...(note && { note }),
	});
	return true;
}

function factsOf(one) {
	return [
		{ label: 'Who asks', value: one.principal },
		{ label: 'Skill', value: one.skill },
		{ label: 'Step', value: one.step && stepTitle(one.step) },
		{ label: 'Policy', value: one.policy },
		{ label: 'Open until', value: one.expires, format: 'date' },
		{ label: 'Digest', value: one.digest, format: 'hash' },
	].filter(item => item.value !== undefined && item.value !== null && item.value !== '');
}

// The text that was written, of a skill or a policy that would be put.
const textOf = values => values?.doc?.source ?? values?.policy?.body;

// Arguments as facts where they are flat, else as they are.
function Arguments({ values }) {
	if (values === undefined || values === null)
		return null;
	if (typeof textOf(values) === 'string') {
		// It is the record that is put, and nothing says that it is what its
		// text says: both are shown.
		const { source, ...doc } = values.doc ?? {};
		const { body, ...policy } = values.policy ?? {};

		return (
			<>
				<Code text={textOf(values)} />
				<Code text={JSON.stringify({ ...values, ...(values.doc ? { doc } : { policy }) }, null, 2)} />
			</>
		);
	}
	const flat =
		typeof values === 'object' &&
		!Array.isArray(values) &&
		Object.values(values).every(value => value === null || typeof value !== 'object');

	return flat ? (
		<KeyValue
			items={Object.entries(values).map(([label, value]) => ({ label, value: format(value, 'id') }))}
		/>
	) : (
		<Code text={JSON.stringify(values, null, 2)} />
	);
}

// An action and a proposal have no sentence, but a record.
const titleOf = one =>
	one.text && !one.text.startsWith('{')
		? one.text
		: one.skill || (textOf(one.arguments) ? 'A proposal' : 'A task');

function Approval({ one, onDone }) {
	const [note, setNote] = useState('');
	const [state, setState] = useState({ busy: '', said: '' });
	const id = `ap-note-${one.task_id}`;

	async function answer(decision) {
		setState({ busy: decision, said: '' });
		try {
			if (await decide(decision, one, note.trim()))
				onDone(decision, one);
			setState({ busy: '', said: '' });
		} catch (error) {
			setState({ busy: '', said: error.message });
		}
	}
	return (
		<Section
			title={safe(titleOf(one))}
			hint={`asked by ${safe(one.principal ?? '')}`}
		>
			<div className="ap-approval">
				{one.message && <p className="og-lead">{safe(one.message)}</p>}
				<div className="og-grid">
					<div className="og-stack sp6">
						<KeyValue items={factsOf(one)} />
					</div>
					<div className="og-stack sp6">
						<h3>Arguments</h3>
						<Arguments values={one.arguments} />
					</div>
				</div>
				<div className="og-field">
					<label htmlFor={id}>
						Note <i>optional, goes on the ledger</i>
					</label>
					<input
						id={id}
						className="og-in"
						maxLength={200}
						value={note}
						onChange={event => setNote(event.target.value)}
					/>
				</div>
				<div className="og-row">
					<Button
						kind="primary"
						busy={state.busy === 'approved'}
						onClick={() => answer('approved')}
					>
						Approve
					</Button>
					<Button kind="danger" busy={state.busy === 'rejected'} onClick={() => answer('rejected')}>
						Reject
					</Button>
					<a href={taskPath(one.task_id)}>The task</a>
					<span role="status" className="og-out bad">
						{state.said}
					</span>
				</div>
			</div>
		</Section>
	);
}

export function Approvals() {
	const found = useData('/api/approvals', useTurn());
	const [said, say] = useState('');

	function done(decision, one) {
		say(`${decision === 'approved' ? 'Approved' : 'Rejected'}: ${one.text || one.skill}`);
		found.reload();
		countApprovals();
	}
	return (
		<Page title="Approvals" subtitle="Steps that a policy lets nobody do alone.">
			<p className="ap-count" role="status">
				{said && <Badge text={safe(said)} tone="ok" />}
			</p>
			<Loaded
				from={found}
				what="Approvals are being looked up"
				isEmpty={data => data.approvals.length === 0}
				empty={{
					title: 'Nothing waits for you',
					text: 'When somebody asks for something that needs your yes, it appears here at once.',
				}}
			>
				{data =>
					data.approvals.map(one => (
						<Approval key={one.task_id + one.digest} one={one} onDone={done} />
					))
				}
			</Loaded>
		</Page>
	);
}
