// What a task asks its own principal: a field for each value that is open, of
// the kind that it takes; or one for words. Whether a value fits is the
// shield's to say, and it says so here.
import { useRef, useState } from 'react';
import { Section, safe } from '../kit/index.js';
import { post } from './api.js';
import { Button } from './parts.jsx';
import { read } from './store.js';
import { stepTitle } from './tasks.js';

// Only the principal whose task it is may answer.
export const asksMe = task =>
	task?.waits?.for === 'answer' &&
	task.state === 'waiting' &&
	task.principal === read().session.principal;

const NUMBERS = { int: '1', number: 'any', money: 'any' };

// The same choice by its number, where names are equal.
const valueOf = (name, choice) =>
	choice.id === undefined ? { [name]: choice.name } : { [`${name}_id`]: choice.id };

const choiceWords = (choice, all) =>
	all.filter(one => one.name === choice.name).length > 1 ? `${choice.name} (${choice.id})` : choice.name;

const HELP = { period: 'Days, such as 2026-03-01/2026-03-31 or last month', word: 'One word' };

function helpOf(slot, near) {
	if (near)
		return `There is none called '${slot.said ?? ''}'. Did you mean '${near}'?`;
	if (slot.type === 'quantity' && slot.unit)
		return `An amount, in ${slot.unit} unless you say otherwise`;
	return HELP[slot.type] ?? '';
}

// {name, label, kind, choices?, near?, help}: how a slot is asked for.
function fieldOf([name, slot]) {
	const choices = Array.isArray(slot.choices) ? slot.choices : [];
	const listed = slot.why === 'ambiguous' && choices.length > 0;
	const near = listed ? '' : (choices[0]?.name ?? '');
	const words = Array.isArray(slot.values) ? slot.values.map(value => ({ name: value })) : [];

	return {
		name,
		label: stepTitle(name),
		choices: listed ? choices : words,
		near,
		help: helpOf(slot, near),
		kind: slot.type === 'date' ? 'date' : slot.type in NUMBERS ? 'number' : 'text',
		step: NUMBERS[slot.type],
	};
}

const fieldsOf = waits =>
	waits.slots
		? Object.entries(waits.slots).map(fieldOf)
		: [{ name: 'answer', label: 'Your answer', choices: [], near: '', help: '', kind: 'text' }];

// What is sent for what stands in a field.
function saidOf(field, text) {
	const choice = field.choices[Number(text)];

	return field.choices.length > 0 ? valueOf(field.name, choice) : { [field.name]: text.trim() };
}

function Input({ field, id, value, bad, onChange }) {
	const common = {
		id,
		className: 'og-in',
		value,
		required: true,
		'aria-invalid': bad || undefined,
		'aria-describedby': `${id}-help`,
		onChange: event => onChange(event.target.value),
	};

	if (field.choices.length > 0)
		return (
			<select {...common}>
				<option value="">Choose one</option>
				{field.choices.map((choice, i) => (
					<option key={i} value={String(i)}>
						{safe(choiceWords(choice, field.choices))}
					</option>
				))}
			</select>
		);
	return (
		<input
			{...common}
			type={field.kind}
			step={field.step}
			maxLength={field.kind === 'text' ? 2000 : undefined}
			autoComplete="off"
			list={field.near ? `${id}-near` : undefined}
		/>
	);
}

function Field({ field, id, value, bad, onChange }) {
	return (
		<div className="og-field">
			<label htmlFor={id}>{safe(field.label)}</label>
			<Input field={field} id={id} value={value} bad={bad} onChange={onChange} />
			{field.near && (
				<datalist id={`${id}-near`}>
					<option value={safe(field.near)} />
				</datalist>
			)}
			<span id={`${id}-help`} className={bad ? 'og-err' : 'og-hint'}>
				{bad ? 'This is needed. ' : ''}
				{safe(field.help)}
			</span>
			{field.near && value !== field.near && (
				<span>
					<Button small onClick={() => onChange(field.near)}>
						Use {safe(field.near)}
					</Button>
				</span>
			)}
		</div>
	);
}

function useForm(task, onDone) {
	const { waits } = task,
		fields = fieldsOf(waits);
	const [values, setValues] = useState({});
	const [state, setState] = useState({ busy: false, tried: false, said: '' });
	const form = useRef(null);
	const empty = field => !(values[field.name] ?? '').trim();

	async function send(event) {
		event.preventDefault();
		if (state.busy)
			return;
		if (fields.some(empty)) {
			setState({ busy: false, tried: true, said: '' });
			form.current.querySelector(`#${idOf(task, fields.find(empty))}`)?.focus();
			return;
		}
		setState({ busy: true, tried: true, said: '' });
		const said = Object.assign({}, ...fields.map(field => saidOf(field, values[field.name])));
		try {
			await post(`/api/tasks/${encodeURIComponent(task.task_id)}/answer`, {
				digest: waits.digest,
				...(waits.slots ? { slots: said } : said),
			});
			setState({ busy: false, tried: false, said: 'Answered. The task goes on.' });
			onDone();
		} catch (error) {
			setState({ busy: false, tried: true, said: error.message, bad: true });
		}
	}
	return {
		fields,
		values,
		state,
		form,
		send,
		empty,
		set: (name, value) => setValues(all => ({ ...all, [name]: value })),
	};
}

const idOf = (task, field) => `ap-say-${task.task_id}-${field.name}`;

export function Answer({ task, onDone }) {
	const { fields, values, state, form, send, empty, set } = useForm(task, onDone);

	return (
		<Section title="It asks you" hint={safe(task.waits.question ?? '')}>
			<form className="ap-answer" ref={form} noValidate onSubmit={send} aria-label="Answer">
				{fields.map(field => (
					<Field
						key={field.name}
						field={field}
						id={idOf(task, field)}
						value={values[field.name] ?? ''}
						bad={state.tried && empty(field)}
						onChange={value => set(field.name, value)}
					/>
				))}
				<div className="og-row">
					<Button kind="primary" type="submit" busy={state.busy}>
						Answer
					</Button>
					<span role="status" className={state.bad ? 'og-out bad' : 'og-out'}>
						{safe(state.said)}
					</span>
				</div>
			</form>
		</Section>
	);
}
