// The page that og-serve serves: for one principal who signed in, what it
// may see and ask for. A section that is not for its rights is not offered,
// and the server judges every request anyway.
import { createRoot } from 'react-dom/client';
import { Alert, Boundary, Ctx, NOBODY, Page } from '../kit/index.js';
import { Frame } from './frame.jsx';
import { Login } from './login.jsx';
import { useRoute } from './route.js';
import { Approvals } from './sections/approvals.jsx';
import { Budgets } from './sections/budgets.jsx';
import { Command } from './sections/command.jsx';
import { Explore } from './sections/explore.jsx';
import { Ledger } from './sections/ledger.jsx';
import { Services } from './sections/services.jsx';
import { Task } from './sections/task.jsx';
import { Tasks } from './sections/tasks.jsx';
import { watchSession } from './session.js';
import { useStore } from './store.js';
import { themeNow, watchTheme } from './theme.js';

const SECTIONS = [
	{ name: 'command', title: 'Command', draw: Command },
	{ name: 'tasks', title: 'Tasks', draw: Tasks },
	{ name: 'approvals', title: 'Approvals', draw: Approvals, right: 'approve' },
	{ name: 'ledger', title: 'Ledger', draw: Ledger, right: 'ledger' },
	{ name: 'explore', title: 'Explore', draw: Explore, right: 'explore' },
	{ name: 'budgets', title: 'Budgets', draw: Budgets, right: 'tasks' },
	{ name: 'services', title: 'Services', draw: Services, right: 'tasks' },
];

function Refused({ section, session }) {
	return (
		<Page title={section?.title ?? 'Nothing here'}>
			<Alert
				tone="info"
				title={section ? 'Not for your role' : 'This address leads nowhere'}
				text={
					section
						? `${section.title} needs the right “${section.right}”, which ${session.role} does not have.`
						: ''
				}
				fix={section ? 'An administrator can give it with og-shield grants.' : 'Choose a section.'}
			/>
		</Page>
	);
}

function SignedIn({ session }) {
	const route = useRoute();
	const offered = SECTIONS.filter(section => !section.right || session.rights?.includes(section.right));
	const here = offered.find(section => section.name === route.section);
	const Section = here?.name === 'tasks' && route.id ? Task : here?.draw;

	return (
		<Frame sections={offered} here={route.section}>
			<Boundary key={`${route.section}/${route.id}`}>
				{Section ? (
					<Section route={route} />
				) : (
					<Refused
						section={SECTIONS.find(section => section.name === route.section)}
						session={session}
					/>
				)}
			</Boundary>
		</Frame>
	);
}

function App() {
	const session = useStore(state => state.session),
		over = useStore(state => state.over);
	const link = useStore(state => state.link),
		theme = useStore(themeNow);

	if (session === undefined)
		return (
			link === 'away' && (
				<main className="ap-login">
					<p role="status">The server cannot be reached. Trying again.</p>
				</main>
			)
		);
	if (session === null)
		return <Login over={over} />;
	return (
		<Ctx.Provider value={{ ...NOBODY, theme }}>
			<SignedIn key={session.principal} session={session} />
		</Ctx.Provider>
	);
}

watchTheme();
watchSession();
createRoot(document.getElementById('root')).render(<App />);
