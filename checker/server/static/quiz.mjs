export function enhanceQuizzes() {}
