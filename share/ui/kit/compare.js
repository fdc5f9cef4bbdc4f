// Two texts beside each other: what they have in common, line by line and
// within a line.

const CELLS_MAX = 1 << 20; // of the table that finds common lines

// [before, middle, after] of both: the middle is what differs.
export function changed(a, b) {
	let start = 0, end = 0;

	while (start < a.length && start < b.length && a[start] === b[start])
		start++;
	while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
		end++;
	const cut = text => {
		const stop = text.length - end;

		return [text.slice(0, start), text.slice(start, stop), text.slice(stop)];
	};

	return [cut(a), cut(b)];
}

// lengths[i][j]: common lines of a from i on and b from j on.
function commonLengths(a, b) {
	const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));

	for (let i = a.length - 1; i >= 0; i--)
		for (let j = b.length - 1; j >= 0; j--)
			lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
	return lengths;
}

function steps(a, b) {
	const lengths = commonLengths(a, b), out = [];
	let i = 0, j = 0;

	while (i < a.length || j < b.length) {
		if (i < a.length && j < b.length && a[i] === b[j])
			out.push({ kind: 'same', text: a[i], before: ++i, after: ++j });
		else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1]))
			out.push({ kind: 'del', text: a[i], before: ++i });
		else
			out.push({ kind: 'ins', text: b[j], after: ++j });
	}
	return out;
}

// [{kind: same|del|ins, text, before?, after?}] with line numbers from 1.
// Texts too long for the table are told apart only by their common ends.
export function lines(before, after) {
	const a = before.replace(/\n$/, '').split('\n'), b = after.replace(/\n$/, '').split('\n');

	if (a.length * b.length <= CELLS_MAX)
		return steps(a, b);
	let start = 0, end = 0;

	while (start < Math.min(a.length, b.length) && a[start] === b[start])
		start++;
	while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end])
		end++;
	return [
		...a.slice(0, start).map((text, i) => ({ kind: 'same', text, before: i + 1, after: i + 1 })),
		...a.slice(start, a.length - end).map((text, i) => ({ kind: 'del', text, before: start + i + 1 })),
		...b.slice(start, b.length - end).map((text, i) => ({ kind: 'ins', text, after: start + i + 1 })),
		...a.slice(a.length - end).map((text, i) => ({
			kind: 'same', text, before: a.length - end + i + 1, after: b.length - end + i + 1,
		})),
	];
}

// Characters that both lines have at their ends, as a share of the longer.
function likeness(a, b) {
	const [[start, , end]] = changed(a, b);

	return (start.trimStart().length + end.length) / Math.max(1, a.length, b.length);
}

const ALIKE = 0.4;

// Lines that were removed and lines that stand in their place get parts,
// [before, what differs, after], where two of them are much alike.
export function pairs(all) {
	const out = all.map(line => ({ ...line }));

	for (let i = 0; i < out.length; i++) {
		if (out[i].kind === 'same')
			continue;
		let end = i;

		while (end < out.length && out[end].kind !== 'same')
			end++;
		pairRun(out.slice(i, end));
		i = end;
	}
	return out;
}

function pairRun(run) {
	const added = run.filter(line => line.kind === 'ins').slice(0, 50);

	for (const line of run.filter(one => one.kind === 'del').slice(0, 50)) {
		const mates = added.filter(one => !one.parts);
		const mate = mates.sort((a, b) => likeness(line.text, b.text) - likeness(line.text, a.text))[0];

		if (mate && likeness(line.text, mate.text) >= ALIKE)
			[line.parts, mate.parts] = changed(line.text, mate.text);
	}
}
