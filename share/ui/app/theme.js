// Light or dark: as the system is, until the reader chooses.
import { keepTheme, themeKept } from './kept.js';
import { read, write } from './store.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

const system = () => (dark.matches ? 'dark' : 'light');

export const themeNow = state => state.theme ?? 'light';

function apply(theme) {
	if (themeKept())
		document.documentElement.dataset.theme = theme;
	write({ theme });
}

export function switchTheme() {
	const theme = themeNow(read()) === 'dark' ? 'light' : 'dark';

	keepTheme(theme);
	document.documentElement.dataset.theme = theme;
	write({ theme });
}

export function watchTheme() {
	apply(themeKept() ?? system());
	dark.addEventListener(
		'change',
		() => !document.documentElement.dataset.theme && write({ theme: system() }),
	);
}
