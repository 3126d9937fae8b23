// Quizzes: answers are judged on request, and each chosen answer then says why.

export function enhanceQuizzes() {
  for (const quiz of document.querySelectorAll("form[data-quiz]")) {
    quiz.addEventListener("submit", (event) => {
      event.preventDefault();
      judge(quiz);
    });
    quiz.addEventListener("change", () => forget(quiz));
  }
}

function judge(quiz) {
  const answers = [...quiz.querySelectorAll(".quiz-answer")];
  const chosen = answers.filter(isChosen);
  for (const answer of answers) show(answer);
  status(quiz, chosen.length ? verdict(answers, quiz.dataset.quiz) : ["", "Choose an answer first."]);
}

function verdict(answers, kind) {
  const isRight = (answer) => answer.dataset.correct === "true";
  const wrong = answers.some((answer) => isChosen(answer) && !isRight(answer));
  const missing = answers.some((answer) => !isChosen(answer) && isRight(answer));
  if (!wrong && !missing) return ["right", "Right."];
  if (wrong || kind === "one") return ["wrong", "Not quite. Try again."];
  return ["wrong", "Right so far, but there is more."];
}

function show(answer) {
  const why = answer.querySelector("[data-quiz-why]");
  if (why) why.hidden = !isChosen(answer);
  answer.dataset.chosen = isChosen(answer) ? answer.dataset.correct : "";
}

function forget(quiz) {
  for (const answer of quiz.querySelectorAll(".quiz-answer")) answer.dataset.chosen = "";
  for (const why of quiz.querySelectorAll("[data-quiz-why]")) why.hidden = true;
  status(quiz, ["", ""]);
}

function status(quiz, [verdict, text]) {
  const place = quiz.querySelector("[data-quiz-status]");
  place.dataset.verdict = verdict;
  place.textContent = text;
}

function isChosen(answer) {
  return answer.querySelector("input").checked;
}
