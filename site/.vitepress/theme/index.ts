import theme from 'vitepress/theme';
// oxlint-disable-next-line import/no-unassigned-import -- a style has no value
import './style.css';

export default theme;
