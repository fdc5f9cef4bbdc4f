// The command box: a sentence becomes a task, the task is followed step by
// step, and what it made is shown beside it.
import { useEffect, useMemo, useRef, useState } from 'react';
import { Empty, Page, Timeline, safe } from '../../kit/index.js';
import { Answer, asksMe } from '../answer.jsx';
import { get, post } from '../api.js';
import { keep, kept } from '../kept.js';
import { Button, Loading, Problem, State } from '../parts.jsx';
import { taskPath } from '../route.js';
import { Sealed } from '../sealed.jsx';
import { read } from '../store.js';
import { isOpen, traceItems, useTask } from '../tasks.js';

const HISTORY = 100,
	CARDS = 12,
	OFFERED = 5;

const me = () => read().session.principal;

// What was typed before: arrow up and down, as in a terminal.
function useHistory() {
	const lines = useRef(kept(me(), 'history', []));
	const at = useRef(lines.current.length),
		draft = useRef('');

	function add(line) {
		lines.current = [...lines.current.filter(one => one !== line), line].slice(-HISTORY);
		at.current = lines.current.length;
		keep(me(), 'history', lines.current);
	}
	function move(by, typed) {
		const next = at.current + by;

		if (next < 0 || next > lines.current.length)
			return null;
		if (at.current === lines.current.length)
			draft.current = typed;
		at.current = next;
		return next === lines.current.length ? draft.current : lines.current[next];
	}
	return { add, move };
}

function examplesOf(skills) {
	return (skills ?? [])
		.filter(skill => skill.may !== false)
		.flatMap(skill => (skill.examples ?? []).map(text => ({ text, skill: skill.name })));
}

// Those that have every word typed; without words one of each skill.
function offered(examples, typed) {
	const words = typed.toLowerCase().split(/\s+/).filter(Boolean);

	if (words.length === 0)
		return examples
			.filter((one, i) => examples.findIndex(other => other.skill === one.skill) === i)
			.slice(0, OFFERED);
	return examples
		.filter(one => one.text !== typed && words.every(word => one.text.toLowerCase().includes(word)))
		.slice(0, OFFERED);
}

function useExamples() {
	const [skills, setSkills] = useState([]);

	useEffect(() => {
		let alive = true;

		get('/api/skills').then(
			said => alive && setSkills(said.skills),
			() => {},
		);
		return () => {
			alive = false;
		};
	}, []);
	return useMemo(() => examplesOf(skills), [skills]);
}

function Suggestions({ examples, typed, onChoose }) {
	const shown = offered(examples, typed);

	if (shown.length === 0)
		return null;
	return (
		<ul className="ap-offers" aria-label="Examples">
			{shown.map(one => (
				<li key={one.text}>
					<button type="button" onClick={() => onChoose(one.text)}>
						<span>{safe(one.text)}</span>
						<i>{safe(one.skill)}</i>
					</button>
				</li>
			))}
		</ul>
	);
}

function Box({ onTask }) {
	const [text, setText] = useState(() => kept(me(), 'draft', ''));
	const [state, setState] = useState({ busy: false, error: null });
	const history = useHistory(),
		examples = useExamples();
	const box = useRef(null);

	useEffect(() => keep(me(), 'draft', text), [text]);
	async function send() {
		const question = text.trim();

		if (!question || state.busy)
			return;
		setState({ busy: true, error: null });
		try {
			const { task_id: id } = await post('/api/query', { question });
			history.add(question);
			setText('');
			setState({ busy: false, error: null });
			onTask(id);
		} catch (error) {
			setState({ busy: false, error });
		}
		box.current?.focus();
	}
	// The first "[product]" is selected: it is to be replaced.
	function fill(line) {
		const slot = /\[[^\]]*\]/.exec(line);

		setText(line);
		setTimeout(() => {
			box.current?.focus();
			box.current?.setSelectionRange(
				slot ? slot.index : line.length,
				slot ? slot.index + slot[0].length : line.length,
			);
		}, 0);
	}
	function onKeyDown(event) {
		if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
			event.preventDefault();
			send();
		} else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.shiftKey) {
			const line = history.move(event.key === 'ArrowUp' ? -1 : 1, text);
			if (line === null)
				return;
			event.preventDefault();
			setText(line);
		}
	}
	return (
		<section className="og-card ap-box" aria-label="Command box">
			<div className="line">
				<span className="prompt" aria-hidden="true">
					{safe(me())} &gt;
				</span>
				<textarea
					id="ap-command"
					ref={box}
					rows={Math.min(4, Math.ceil((text.length + 1) / 44))}
					value={text}
					aria-label="What should be done"
					placeholder="Say what to do"
					spellCheck="false"
					autoComplete="off"
					maxLength={4000}
					onChange={event => setText(event.target.value)}
					onKeyDown={onKeyDown}
				/>
				<Button kind="primary" busy={state.busy} onClick={send}>
					Run
				</Button>
			</div>
			{state.error && <Problem error={state.error} retry={send} />}
			<Suggestions examples={examples} typed={text.trim()} onChoose={fill} />
		</section>
	);
}

function Card({ id, chosen, onChoose, onGone }) {
	const { data: task, error, loading, reload } = useTask(id);

	useEffect(() => {
		if (error?.status === 404)
			onGone(id);
	}, [error]);
	if (loading)
		return (
			<li className="og-card">
				<Loading what="The task is being looked up" />
			</li>
		);
	if (!task)
		return (
			<li className="og-card">
				<Problem error={error} retry={reload} />
			</li>
		);
	return (
		<li className={chosen ? 'og-card ap-card on' : 'og-card ap-card'}>
			<h2>
				<button type="button" className="top" aria-expanded={chosen} onClick={() => onChoose(id)}>
					<span className="say">{safe(task.text ?? '')}</span>
					<State state={task.state ?? task.status} />
				</button>
			</h2>
			{chosen && (
				<div className="in">
					<div aria-live="polite">
						<Timeline items={traceItems(task)} />
					</div>
					<p className="foot">
						<a href={taskPath(id)}>Everything about this task</a>
						<span className="mono">{id.slice(0, 8)}</span>
					</p>
				</div>
			)}
		</li>
	);
}

// What a task that has not ended is waiting for.
function standing(task) {
	if (task?.state !== 'waiting')
		return ['At work', 'What comes of it appears here.'];
	return task.waits?.for === 'answer'
		? ['Waits for an answer', 'It goes on when what it asks is answered.']
		: ['Waits for an approval', 'Somebody with the right to approve has been asked.'];
}

function Beside({ id, onTask }) {
	const { data: task, reload } = useTask(id);

	if (task && asksMe(task))
		return <Answer key={task.waits.digest} task={task} onDone={reload} />;
	if (!task || isOpen(task)) {
		const [title, text] = standing(task);

		return (
			<div className="ap-beside wait" role="status">
				<Empty title={title} text={text} />
			</div>
		);
	}
	return (
		<section className="ap-beside" aria-label="Generated view">
			<Sealed key={id} id={id} title={safe(task.text ?? 'View')} onTask={onTask} />
		</section>
	);
}

export function Command() {
	const [cards, setCards] = useState(() => kept(me(), 'cards', []));
	const [chosen, choose] = useState(() => kept(me(), 'cards', [])[0] ?? '');

	useEffect(() => keep(me(), 'cards', cards), [cards]);
	function begun(id) {
		setCards(all => [id, ...all.filter(one => one !== id)].slice(0, CARDS));
		choose(id);
	}
	const gone = id => setCards(all => all.filter(one => one !== id));

	return (
		<Page
			title="Command"
			subtitle="Say it in a sentence. It is checked before it runs, and taken back where it fails."
		>
			<div className={chosen && cards.includes(chosen) ? 'ap-split' : 'ap-split one'}>
				<div className="og-stack">
					<Box onTask={begun} />
					{cards.length > 0 && (
						<ul className="ap-cards" aria-label="Tasks of this tab">
							{cards.map(id => (
								<Card
									key={id}
									id={id}
									chosen={id === chosen}
									onChoose={choose}
									onGone={gone}
								/>
							))}
						</ul>
					)}
				</div>
				{chosen && cards.includes(chosen) && <Beside id={chosen} onTask={begun} />}
			</div>
		</Page>
	);
}
