package page

// A texSymbol is what a command stands for. Kind: i a variable in italics, n an
// upright letter or constant, o an operator, relation or bracket, L a large
// operator with limits, I a large operator (an integral) with scripts beside it.
type texSymbol struct {
	text string
	kind byte
}

var texSymbols = map[string]texSymbol{
	`\alpha`: {"α", 'i'}, `\beta`: {"β", 'i'}, `\gamma`: {"γ", 'i'}, `\delta`: {"δ", 'i'}, `\epsilon`: {"ϵ", 'i'},
	`\varepsilon`: {"ε", 'i'}, `\zeta`: {"ζ", 'i'}, `\eta`: {"η", 'i'}, `\theta`: {"θ", 'i'}, `\vartheta`: {"ϑ", 'i'},
	`\iota`: {"ι", 'i'}, `\kappa`: {"κ", 'i'}, `\lambda`: {"λ", 'i'}, `\mu`: {"μ", 'i'}, `\nu`: {"ν", 'i'}, `\xi`: {"ξ", 'i'},
	`\pi`: {"π", 'i'}, `\varpi`: {"ϖ", 'i'}, `\rho`: {"ρ", 'i'}, `\varrho`: {"ϱ", 'i'}, `\sigma`: {"σ", 'i'}, `\varsigma`: {"ς", 'i'},
	`\tau`: {"τ", 'i'}, `\upsilon`: {"υ", 'i'}, `\phi`: {"ϕ", 'i'}, `\varphi`: {"φ", 'i'}, `\chi`: {"χ", 'i'}, `\psi`: {"ψ", 'i'}, `\omega`: {"ω", 'i'},
	`\Gamma`: {"Γ", 'n'}, `\Delta`: {"Δ", 'n'}, `\Theta`: {"Θ", 'n'}, `\Lambda`: {"Λ", 'n'}, `\Xi`: {"Ξ", 'n'}, `\Pi`: {"Π", 'n'},
	`\Sigma`: {"Σ", 'n'}, `\Upsilon`: {"Υ", 'n'}, `\Phi`: {"Φ", 'n'}, `\Psi`: {"Ψ", 'n'}, `\Omega`: {"Ω", 'n'},

	`\infty`: {"∞", 'n'}, `\partial`: {"∂", 'n'}, `\nabla`: {"∇", 'n'}, `\hbar`: {"ℏ", 'n'}, `\ell`: {"ℓ", 'n'}, `\emptyset`: {"∅", 'n'},
	`\varnothing`: {"∅", 'n'}, `\aleph`: {"ℵ", 'n'}, `\Re`: {"ℜ", 'n'}, `\Im`: {"ℑ", 'n'}, `\wp`: {"℘", 'n'}, `\top`: {"⊤", 'n'}, `\bot`: {"⊥", 'n'},
	`\angle`: {"∠", 'n'}, `\degree`: {"°", 'n'}, `\%`: {"%", 'n'}, `\$`: {"$", 'n'}, `\#`: {"#", 'n'}, `\&`: {"&amp;", 'n'}, `\_`: {"_", 'n'},
	`\ldots`: {"…", 'n'}, `\dots`: {"…", 'n'}, `\dotsc`: {"…", 'n'}, `\cdots`: {"⋯", 'n'}, `\dotsb`: {"⋯", 'n'}, `\vdots`: {"⋮", 'n'}, `\ddots`: {"⋱", 'n'},

	`\times`: {"×", 'o'}, `\cdot`: {"⋅", 'o'}, `\div`: {"÷", 'o'}, `\pm`: {"±", 'o'}, `\mp`: {"∓", 'o'}, `\ast`: {"∗", 'o'}, `\star`: {"⋆", 'o'},
	`\circ`: {"∘", 'o'}, `\bullet`: {"∙", 'o'}, `\oplus`: {"⊕", 'o'}, `\ominus`: {"⊖", 'o'}, `\otimes`: {"⊗", 'o'}, `\odot`: {"⊙", 'o'},
	`\cup`: {"∪", 'o'}, `\cap`: {"∩", 'o'}, `\setminus`: {"∖", 'o'}, `\land`: {"∧", 'o'}, `\wedge`: {"∧", 'o'}, `\lor`: {"∨", 'o'}, `\vee`: {"∨", 'o'},
	`\lnot`: {"¬", 'o'}, `\neg`: {"¬", 'o'}, `\forall`: {"∀", 'o'}, `\exists`: {"∃", 'o'}, `\nexists`: {"∄", 'o'},
	`\le`: {"≤", 'o'}, `\leq`: {"≤", 'o'}, `\ge`: {"≥", 'o'}, `\geq`: {"≥", 'o'}, `\ne`: {"≠", 'o'}, `\neq`: {"≠", 'o'}, `\lt`: {"<", 'o'}, `\gt`: {">", 'o'},
	`\ll`: {"≪", 'o'}, `\gg`: {"≫", 'o'}, `\approx`: {"≈", 'o'}, `\equiv`: {"≡", 'o'}, `\sim`: {"∼", 'o'}, `\simeq`: {"≃", 'o'}, `\cong`: {"≅", 'o'},
	`\propto`: {"∝", 'o'}, `\prec`: {"≺", 'o'}, `\succ`: {"≻", 'o'}, `\preceq`: {"⪯", 'o'}, `\succeq`: {"⪰", 'o'}, `\doteq`: {"≐", 'o'},
	`\in`: {"∈", 'o'}, `\notin`: {"∉", 'o'}, `\ni`: {"∋", 'o'}, `\subset`: {"⊂", 'o'}, `\supset`: {"⊃", 'o'}, `\subseteq`: {"⊆", 'o'}, `\supseteq`: {"⊇", 'o'},
	`\mid`: {"∣", 'o'}, `\nmid`: {"∤", 'o'}, `\parallel`: {"∥", 'o'}, `\perp`: {"⊥", 'o'}, `\vdash`: {"⊢", 'o'}, `\models`: {"⊨", 'o'},
	`\to`: {"→", 'o'}, `\rightarrow`: {"→", 'o'}, `\leftarrow`: {"←", 'o'}, `\gets`: {"←", 'o'}, `\leftrightarrow`: {"↔", 'o'},
	`\Rightarrow`: {"⇒", 'o'}, `\Leftarrow`: {"⇐", 'o'}, `\Leftrightarrow`: {"⇔", 'o'}, `\implies`: {"⟹", 'o'}, `\impliedby`: {"⟸", 'o'}, `\iff`: {"⟺", 'o'},
	`\longrightarrow`: {"⟶", 'o'}, `\longleftarrow`: {"⟵", 'o'}, `\mapsto`: {"↦", 'o'}, `\uparrow`: {"↑", 'o'}, `\downarrow`: {"↓", 'o'}, `\hookrightarrow`: {"↪", 'o'},
	`\colon`: {":", 'o'}, `\therefore`: {"∴", 'o'}, `\because`: {"∵", 'o'}, `\prime`: {"′", 'o'}, `\backslash`: {`\`, 'o'},
	`\{`: {"{", 'o'}, `\}`: {"}", 'o'}, `\lbrace`: {"{", 'o'}, `\rbrace`: {"}", 'o'}, `\|`: {"‖", 'o'}, `\Vert`: {"‖", 'o'}, `\lVert`: {"‖", 'o'}, `\rVert`: {"‖", 'o'},
	`\vert`: {"|", 'o'}, `\lvert`: {"|", 'o'}, `\rvert`: {"|", 'o'}, `\langle`: {"⟨", 'o'}, `\rangle`: {"⟩", 'o'},
	`\lceil`: {"⌈", 'o'}, `\rceil`: {"⌉", 'o'}, `\lfloor`: {"⌊", 'o'}, `\rfloor`: {"⌋", 'o'}, `\lbrack`: {"[", 'o'}, `\rbrack`: {"]", 'o'},

	`\sum`: {"∑", 'L'}, `\prod`: {"∏", 'L'}, `\coprod`: {"∐", 'L'}, `\bigcup`: {"⋃", 'L'}, `\bigcap`: {"⋂", 'L'}, `\bigvee`: {"⋁", 'L'},
	`\bigwedge`: {"⋀", 'L'}, `\bigoplus`: {"⨁", 'L'}, `\bigotimes`: {"⨂", 'L'},
	`\int`: {"∫", 'I'}, `\iint`: {"∬", 'I'}, `\iiint`: {"∭", 'I'}, `\oint`: {"∮", 'I'},
}

// texFunctions are the names that TeX sets upright.
var texFunctions = map[string]struct {
	name   string
	limits bool
}{
	`\log`: {"log", false}, `\ln`: {"ln", false}, `\lg`: {"lg", false}, `\exp`: {"exp", false}, `\sin`: {"sin", false}, `\cos`: {"cos", false},
	`\tan`: {"tan", false}, `\cot`: {"cot", false}, `\sec`: {"sec", false}, `\csc`: {"csc", false}, `\arcsin`: {"arcsin", false}, `\arccos`: {"arccos", false},
	`\arctan`: {"arctan", false}, `\sinh`: {"sinh", false}, `\cosh`: {"cosh", false}, `\tanh`: {"tanh", false}, `\deg`: {"deg", false},
	`\dim`: {"dim", false}, `\ker`: {"ker", false}, `\hom`: {"hom", false}, `\arg`: {"arg", false},
	`\lim`: {"lim", true}, `\liminf`: {"lim inf", true}, `\limsup`: {"lim sup", true}, `\max`: {"max", true}, `\min`: {"min", true},
	`\sup`: {"sup", true}, `\inf`: {"inf", true}, `\det`: {"det", true}, `\gcd`: {"gcd", true}, `\Pr`: {"Pr", true},
}

var texSpaces = map[string]string{
	`\,`: "0.1667em", `\:`: "0.2222em", `\>`: "0.2222em", `\;`: "0.2778em", `\!`: "-0.1667em", `\ `: "0.333em",
	`\quad`: "1em", `\qquad`: "2em", `\enspace`: "0.5em", `\thinspace`: "0.1667em",
}

var texSizes = map[string]string{
	`\big`: "1.2em", `\bigl`: "1.2em", `\bigr`: "1.2em", `\bigm`: "1.2em", `\Big`: "1.8em", `\Bigl`: "1.8em", `\Bigr`: "1.8em", `\Bigm`: "1.8em",
	`\bigg`: "2.4em", `\biggl`: "2.4em", `\biggr`: "2.4em", `\Bigg`: "3em", `\Biggl`: "3em", `\Biggr`: "3em",
}

// A texAccent is a mark over or under its argument. Brace says that scripts
// stand beyond it.
type texAccent struct {
	mark                    string
	below, stretches, brace bool
}

var texAccents = map[string]texAccent{
	`\hat`: {mark: "^"}, `\bar`: {mark: "¯"}, `\vec`: {mark: "→"}, `\dot`: {mark: "˙"}, `\ddot`: {mark: "¨"}, `\tilde`: {mark: "~"},
	`\acute`: {mark: "´"}, `\grave`: {mark: "`"}, `\check`: {mark: "ˇ"}, `\breve`: {mark: "˘"},
	`\widehat`: {mark: "^", stretches: true}, `\widetilde`: {mark: "~", stretches: true}, `\overline`: {mark: "‾", stretches: true},
	`\underline`: {mark: "_", below: true, stretches: true}, `\overrightarrow`: {mark: "→", stretches: true},
	`\overbrace`: {mark: "⏞", stretches: true, brace: true}, `\underbrace`: {mark: "⏟", below: true, stretches: true, brace: true},
}

var texVariants = map[string]string{
	`\mathrm`: "upright", `\mathbf`: "bold", `\boldsymbol`: "bold", `\bm`: "bold", `\mathbb`: "double-struck", `\mathcal`: "script",
	`\mathscr`: "script", `\mathfrak`: "fraktur", `\mathsf`: "sans", `\mathtt`: "mono", `\mathit`: "",
}

// styledAlphabets give the first letter of A–Z, a–z and 0–9 in each of Unicode's
// mathematical alphabets; browsers know no other way to choose one.
var styledAlphabets = map[string][3]rune{
	"bold":          {0x1d400, 0x1d41a, 0x1d7ce},
	"double-struck": {0x1d538, 0x1d552, 0x1d7d8},
	"script":        {0x1d49c, 0x1d4b6, '0'},
	"fraktur":       {0x1d504, 0x1d51e, '0'},
	"sans":          {0x1d5a0, 0x1d5ba, 0x1d7e2},
	"mono":          {0x1d670, 0x1d68a, 0x1d7f6},
}

// styledExceptions are the letters that Unicode had before it got the alphabets.
var styledExceptions = map[rune]rune{
	0x1d53a: 'ℂ', 0x1d53f: 'ℍ', 0x1d545: 'ℕ', 0x1d547: 'ℙ', 0x1d548: 'ℚ', 0x1d549: 'ℝ', 0x1d551: 'ℤ',
	0x1d49d: 'ℬ', 0x1d4a0: 'ℰ', 0x1d4a1: 'ℱ', 0x1d4a3: 'ℋ', 0x1d4a4: 'ℐ', 0x1d4a7: 'ℒ', 0x1d4a8: 'ℳ', 0x1d4ad: 'ℛ',
	0x1d4ba: 'ℯ', 0x1d4bc: 'ℊ', 0x1d4c4: 'ℴ', 0x1d506: 'ℭ', 0x1d50b: 'ℌ', 0x1d50c: 'ℑ', 0x1d515: 'ℜ', 0x1d51d: 'ℨ',
}

// styled returns a letter or digit in a mathematical alphabet; other characters
// stay as they are.
func styled(r rune, variant string) rune {
	first, ok := styledAlphabets[variant]
	if !ok {
		return r
	}
	switch {
	case r >= 'A' && r <= 'Z':
		r = first[0] + r - 'A'
	case r >= 'a' && r <= 'z':
		r = first[1] + r - 'a'
	case r >= '0' && r <= '9':
		return first[2] + r - '0'
	case variant == "bold" && r >= 'α' && r <= 'ω':
		return 0x1d6c2 + r - 'α'
	}
	if e, ok := styledExceptions[r]; ok {
		return e
	}
	return r
}
