// What runs inside the sealed frame: draws a tree with the kit.
import { createRoot } from 'react-dom/client';

createRoot(document.getElementById('root')).render(<main className="og-page" />);
